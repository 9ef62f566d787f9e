package dev.sparkling.trainer.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sparkling.checkpoint.format.CheckpointReader;
import dev.sparkling.checkpoint.run.Metrics;
import dev.sparkling.checkpoint.store.InMemoryObjectStore;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.pipeline.spec.ProgressiveTraining;
import dev.sparkling.trainer.TestTorch;
import dev.sparkling.trainer.data.Batches;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A checkpoint is evaluated as the run that wrote it does. */
class LoadedModelTest {

  private static final int SEQUENCES = 8;
  private static final int MICRO_BATCH_SIZE = 4;

  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void lossOfACheckpointIsTheValidationLossOfItsRun(boolean masking) throws IOException {
    ProgressiveTraining resource = TestRuns.resource("documentMasking: " + masking);
    ObjectStore store = new InMemoryObjectStore();
    try (TestRuns runs = TestRuns.prepare(folder)) {
      runs.train(resource, "narrow", store, () -> false);
      double expected = Metrics.read(store, "narrow").evaluations().getLast().validationLoss();
      assertThat(loss(runs, store)).isEqualTo(expected);
    }
  }

  private static double loss(TestRuns runs, ObjectStore store) {
    CheckpointReader reader = CheckpointReader.open(store, TestRuns.folder(store, "narrow", 8));
    int length = reader.model().maxPositions();
    Batches batches =
        new Batches(runs.validation, length, reader.model().vocabularySize(), "validation");
    try (LoadedModel model =
        LoadedModel.load(reader, length, runs.validation.index().separator(), TestTorch.start())) {
      return new Evaluator(model.transformer(), batches, SEQUENCES, MICRO_BATCH_SIZE)
          .evaluate()
          .loss();
    }
  }
}
