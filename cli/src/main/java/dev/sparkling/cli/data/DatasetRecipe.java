package dev.sparkling.cli.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.sparkling.checkpoint.json.JsonErrors;
import dev.sparkling.checkpoint.store.FileErrors;
import dev.sparkling.pipeline.error.UserError;
import dev.sparkling.pipeline.validation.Problems;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;

/**
 * A dataset defined by a pinned list of sources.
 *
 * @param tokenizer path of the {@code tokenizer.json}, relative to the recipe
 * @param validationFraction share of documents to hold out
 * @param mavenSources sources jars on Maven Central
 */
record DatasetRecipe(String tokenizer, double validationFraction, List<MavenSource> mavenSources) {

  private static final Pattern ARTIFACT = Pattern.compile("[\\w.-]+:[\\w.-]+:[\\w.-]+");
  private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");

  /**
   * A sources jar.
   *
   * @param artifact {@code group:name:version}
   * @param sha256 digest of the jar, in lower-case hexadecimal
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
      throw new UserError(file + ": is not a dataset recipe: " + JsonErrors.describe(e), e);
    } catch (IOException e) {
      throw FileErrors.translate(file, e);
    }
  }

  private void check(Path file) {
    Problems problems = new Problems();
    problems.require(
        validationFraction > 0 && validationFraction < 1,
        file + ": validationFraction",
        validationFraction + " is outside of 0 to 1");
    problems.require(
        !mavenSources.isEmpty(), file + ": mavenSources", "is empty; at least one is needed");
    for (int i = 0; i < mavenSources.size(); i++) {
      String path = file + ": mavenSources[" + i + "]";
      MavenSource source = mavenSources.get(i);
      if (Objects.isNull(source)) { // an empty item of the list
        problems.add(path, "is empty; a block of artifact and sha256 is needed");
        continue;
      }
      problems.require(
          ARTIFACT.matcher(source.artifact()).matches(),
          path + ".artifact",
          "'" + source.artifact() + "' is not an artifact; allowed: group:name:version");
      problems.require(
          SHA256.matcher(source.sha256()).matches(),
          path + ".sha256",
          "'" + source.sha256() + "' is not a SHA-256; 64 of 0-9 and a-f are needed");
    }
    problems.throwIfAny();
  }
}
