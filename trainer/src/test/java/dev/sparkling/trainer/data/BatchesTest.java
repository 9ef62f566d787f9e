package dev.sparkling.trainer.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sparkling.checkpoint.store.InMemoryObjectStore;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.pipeline.error.UserError;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Datasets that are too short, or whose vocabulary is too large. */
class BatchesTest {

  @TempDir private Path folder;

  /** A sequence of 8 needs 9 tokens: its own and the target of the last one. */
  @ParameterizedTest
  @CsvSource({"spec.data.uri, 8", "spec.data.validationUri, 8", "spec.data.validationUri, 0"})
  void datasetShorterThanASequenceIsNamed(String name, int tokens) {
    try (Dataset dataset = dataset(tokens)) {
      assertThatThrownBy(() -> new Batches(dataset, 8, 4, name))
          .isInstanceOf(UserError.class)
          .hasMessage(
              name
                  + ": has "
                  + tokens
                  + " tokens, less than one sequence of 8 and a target; use more text or a shorter"
                  + " sequenceLength");
    }
  }

  @Test
  void oneSequenceAndItsTargetAreEnough() {
    try (Dataset dataset = dataset(9)) {
      assertThat(new Batches(dataset, 8, 4, "--data").inOrder(1, 1))
          .singleElement()
          .satisfies(batch -> assertThat(batch.tokens()).hasSize(8));
    }
  }

  @Test
  void datasetOfALargerVocabularyIsNamed() {
    try (Dataset dataset = dataset(9)) {
      assertThatThrownBy(() -> new Batches(dataset, 8, 3, "--data"))
          .isInstanceOf(UserError.class)
          .hasMessage(
              "--data: its tokenizer has 4 tokens; the model's vocabulary has 3 and must have at"
                  + " least as many");
    }
  }

  private Dataset dataset(int tokens) {
    ObjectStore store = new InMemoryObjectStore();
    List<DatasetIndex.Shard> shards = List.of();
    if (tokens > 0) {
      try (ShardWriter writer = new ShardWriter(store, "shard-00000.arrow")) {
        writer.add("document", new int[tokens]);
        String sha256 = writer.end();
        writer.commit();
        shards =
            List.of(new DatasetIndex.Shard("shard-00000.arrow", 1, tokens, writer.bytes(), sha256));
      }
    }
    store.write(
        DatasetIndex.NAME,
        new DatasetIndex(
                DatasetIndex.FORMAT,
                DatasetIndex.VERSION,
                "none",
                4,
                0,
                shards.size(),
                tokens,
                tokens,
                0.0,
                shards)
            .encode());
    return Dataset.open(store, folder);
  }
}
