package dev.sparkling.cli.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sparkling.checkpoint.store.FolderObjectStore;
import dev.sparkling.cli.TinyRun;
import dev.sparkling.pipeline.error.UserError;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataPreparerTest {

  @TempDir private Path folder;

  /** The signal comes between two batches of documents. */
  @Test
  void requestToStopEndsThePreparationAndLeavesNoDataset() throws IOException {
    Path texts = Files.createDirectories(folder.resolve("texts"));
    for (int i = 0; i < 600; i++) {
      Files.writeString(texts.resolve(i + ".txt"), "text number " + i);
    }
    AtomicInteger asked = new AtomicInteger();
    DataPreparer preparer =
        new DataPreparer(
            new FolderObjectStore(folder.resolve("train")),
            new FolderObjectStore(folder.resolve("validation")),
            new PrintWriter(new StringWriter()),
            () -> asked.incrementAndGet() == 2);
    boolean prepared =
        preparer.prepare(
            new DataPreparer.SourceText(
                List.of(texts),
                TinyRun.TOKENIZER,
                DataCommand.SEPARATOR,
                DataPreparer.TEXT_FIELD,
                0.2));
    assertThat(prepared).isFalse();
    assertThat(asked).hasValue(2);
    assertThat(folder.resolve("train/dataset.json")).doesNotExist();
    assertThat(folder.resolve("validation/dataset.json")).doesNotExist();
  }

  @Test
  void allProblemsOfARecipeAreNamedBeforeAnythingIsFetched() throws IOException {
    Path recipe = folder.resolve("recipe.yaml");
    Files.writeString(
        recipe,
        """
        tokenizer: tokenizer.json
        validationFraction: 2
        mavenSources:
          - {artifact: "only:two", sha256: "%s"}
          -
          - {artifact: "a:b:1", sha256: "abc"}
        """
            .formatted("0".repeat(64)));
    assertThatThrownBy(() -> DatasetRecipe.read(recipe))
        .isInstanceOfSatisfying(
            UserError.class,
            error ->
                assertThat(error.problems())
                    .containsExactly(
                        recipe + ": validationFraction: 2.0 is outside of 0 to 1",
                        recipe
                            + ": mavenSources[0].artifact: 'only:two' is not an artifact;"
                            + " allowed: group:name:version",
                        recipe
                            + ": mavenSources[1]: is empty; a block of artifact and sha256 is"
                            + " needed",
                        recipe
                            + ": mavenSources[2].sha256: 'abc' is not a SHA-256; 64 of 0-9 and a-f"
                            + " are needed"));
  }

  @Test
  void emptyRecipeSaysSo() throws IOException {
    Path recipe = Files.writeString(folder.resolve("recipe.yaml"), "~\n");
    assertThatThrownBy(() -> DatasetRecipe.read(recipe))
        .isInstanceOf(UserError.class)
        .hasMessage(recipe + ": is empty; a dataset recipe is expected");
  }
}
