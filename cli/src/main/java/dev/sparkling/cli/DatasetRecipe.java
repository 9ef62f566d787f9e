package dev.sparkling.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.sparkling.checkpoint.json.JsonErrors;
import dev.sparkling.checkpoint.store.FileErrors;
import dev.sparkling.pipeline.error.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * A pinned list of text to prepare.
 *
 * @param tokenizer file, relative to the recipe
 * @param validationFraction share of the documents to hold out
 * @param mavenSources sources jars
 */
record DatasetRecipe(String tokenizer, double validationFraction, List<MavenSource> mavenSources) {

  private static final Pattern ARTIFACT = Pattern.compile("[\\w.-]+:[\\w.-]+:[\\w.-]+");
  private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");

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
              .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
              .build()
              .readValue(Files.readString(file), DatasetRecipe.class);
      if (recipe == null) {
        throw new UserError(file + ": is empty; a dataset recipe is expected");
      }
      recipe.check(file);
      return recipe;
    } catch (JsonProcessingException e) {
      throw new UserError(file + ": is no dataset recipe: " + JsonErrors.describe(e), e);
    } catch (IOException e) {
      throw FileErrors.translate(file, e);
    }
  }

  /** All that is wrong with it, before anything is fetched. */
  private void check(Path file) {
    List<String> problems = new ArrayList<>();
    if (mavenSources.isEmpty()) {
      problems.add(file + ": mavenSources: is empty; at least one is needed");
    }
    if (!(validationFraction > 0 && validationFraction < 1)) {
      problems.add(file + ": validationFraction: " + validationFraction + " is outside of 0 to 1");
    }
    for (int i = 0; i < mavenSources.size(); i++) {
      String key = file + ": mavenSources[" + i + "]";
      MavenSource source = mavenSources.get(i);
      if (source == null) {
        problems.add(key + ": is null; artifact and sha256 are needed");
        continue;
      }
      if (!ARTIFACT.matcher(source.artifact()).matches()) {
        problems.add(
            key + ".artifact: '" + source.artifact() + "' is none; allowed: group:name:version");
      }
      if (!SHA256.matcher(source.sha256()).matches()) {
        problems.add(
            key + ".sha256: '" + source.sha256() + "' is not 64 lower-case hexadecimal digits");
      }
    }
    if (!problems.isEmpty()) {
      throw new UserError(problems);
    }
  }
}
