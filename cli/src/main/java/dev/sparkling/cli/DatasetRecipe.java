package dev.sparkling.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.sparkling.checkpoint.store.FileErrors;
import dev.sparkling.pipeline.error.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A pinned list of text to prepare.
 *
 * @param tokenizer file, relative to the recipe
 * @param validationFraction share of the documents to hold out
 * @param mavenSources sources jars
 */
record DatasetRecipe(String tokenizer, double validationFraction, List<MavenSource> mavenSources) {

  /**
   * A sources jar.
   *
   * @param artifact {@code group:name:version}
   * @param sha256 of the jar, in lower-case hexadecimal
   */
  record MavenSource(String artifact, String sha256) {}

  static DatasetRecipe read(Path file) {
    try {
      DatasetRecipe recipe =
          YAMLMapper.builder()
              .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
              .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
              .build()
              .readValue(Files.readString(file), DatasetRecipe.class);
      if (recipe.mavenSources().isEmpty()) {
        throw new UserError(file + ": mavenSources: is empty; at least one is needed");
      }
      return recipe;
    } catch (JsonProcessingException e) {
      String why = e.getOriginalMessage().lines().findFirst().orElse("");
      throw new UserError(file + ": is no dataset recipe: " + why, e);
    } catch (IOException e) {
      throw FileErrors.translate(file, e);
    }
  }
}
