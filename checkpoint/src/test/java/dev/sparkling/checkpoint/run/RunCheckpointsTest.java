package dev.sparkling.checkpoint.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sparkling.checkpoint.format.CheckpointReader;
import dev.sparkling.checkpoint.format.Checkpoints;
import dev.sparkling.checkpoint.format.TestTensors;
import dev.sparkling.checkpoint.model.ModelConfiguration;
import dev.sparkling.checkpoint.model.TestModels;
import dev.sparkling.checkpoint.store.InMemoryObjectStore;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.pipeline.layout.RunLayout;
import org.junit.jupiter.api.Test;

/** One store suffices: stores have their own contract. */
class RunCheckpointsTest {

  private static final ModelConfiguration MODEL = TestModels.moe(true);
  private static final String NARROW = "narrow/checkpoints/step-00000010";

  private final ObjectStore store = new InMemoryObjectStore();

  @Test
  void onlyIncompleteCheckpointsOfTheStageAreRemoved() {
    TestTensors.write(store, NARROW, MODEL, TestTensors.state(MODEL, 10), 1);
    int whole = store.list("").size();
    store.write(RunLayout.checkpoint("narrow", 11) + "/config.json", new byte[] {1});
    store.write(RunLayout.checkpoint("narrow", 12) + "/notes.txt", new byte[] {1});
    store.write(RunLayout.checkpoint("wide", 13) + "/config.json", new byte[] {1});
    store.write("narrow/checkpoints/step-99999999999999999999/config.json", new byte[] {1});
    assertThat(RunCheckpoints.deleteInterrupted(store, "narrow"))
        .containsExactly("narrow/checkpoints/step-00000011");
    assertThat(store.list("")).hasSize(whole + 3);
    CheckpointReader.open(store, NARROW).verify();
  }

  @Test
  void stepsOfCompleteCheckpointsAreFoundInOrder() {
    for (long step : new long[] {20, 3, 100}) {
      String folder = RunLayout.checkpoint("narrow", step);
      TestTensors.write(store, folder, MODEL, TestTensors.state(MODEL, step), 1);
    }
    store.write(RunLayout.checkpoint("narrow", 200) + "/config.json", new byte[] {1});
    assertThat(RunCheckpoints.steps(store, "narrow")).containsExactly(3L, 20L, 100L);
    assertThat(RunCheckpoints.newestStep(store, "narrow")).hasValue(100);
    assertThat(RunCheckpoints.steps(store, "wide")).isEmpty();
    Checkpoints.delete(store, RunLayout.checkpoint("narrow", 100));
    assertThat(RunCheckpoints.newestStep(store, "narrow")).hasValue(20);
    assertThat(store.list(RunLayout.checkpoint("narrow", 100))).isEmpty();
  }
}
