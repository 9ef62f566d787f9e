package dev.sparkling.trainer.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDManager;
import dev.sparkling.checkpoint.format.CheckpointReader;
import dev.sparkling.checkpoint.format.FileKind;
import dev.sparkling.checkpoint.format.TensorSequence;
import dev.sparkling.checkpoint.format.TestTensors;
import dev.sparkling.checkpoint.format.TrainerState;
import dev.sparkling.checkpoint.model.ModelConfiguration;
import dev.sparkling.checkpoint.model.TestModels;
import dev.sparkling.checkpoint.run.Metrics;
import dev.sparkling.checkpoint.run.RunCheckpoints;
import dev.sparkling.checkpoint.store.InMemoryObjectStore;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.pipeline.error.TransientError;
import dev.sparkling.pipeline.spec.training.OptimizerType;
import dev.sparkling.trainer.TestTorch;
import dev.sparkling.trainer.model.state.DeviceStates;
import dev.sparkling.trainer.model.state.ModelState;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class StageCheckpointsTest {

  private static final ModelConfiguration MODEL = TestModels.moe(true);
  private static final String MANIFEST = "manifest.json";

  private final NDManager manager = TestTorch.start().newManager();
  private final ModelState values = ModelState.ofTraining(MODEL, OptimizerType.ADAMW, manager);
  private final ObjectStore store = new InMemoryObjectStore();
  private final List<Long> told = new ArrayList<>();
  private final Metrics metrics = Metrics.read(store, "narrow");

  @AfterEach
  void freeMemory() {
    manager.close();
  }

  @Test
  void valuesAndMetricsAreThoseOfTheStepThoughTrainingGoesOnMeanwhile() {
    CountDownLatch open = new CountDownLatch(1);
    values.weights().embedding().addi(1);
    metrics.add(new Metrics.Evaluation(1, 5, List.of()));
    try (StageCheckpoints checkpoints = checkpoints(gated(open))) {
      checkpoints.begin(state(1), metrics);
      values.weights().embedding().addi(1);
      metrics.add(new Metrics.Evaluation(2, 4, List.of()));
      assertThat(RunCheckpoints.steps(store, "narrow")).isEmpty();
      checkpoints.poll();
      assertThat(told).isEmpty();
      open.countDown();
      checkpoints.finish();
    }
    assertThat(told).containsExactly(1L);
    assertThat(embedding(1)).containsOnly(1f);
    assertThat(Metrics.read(store, "narrow").evaluations()).hasSize(1);
  }

  @Test
  void oneIsInFlightAtATimeAndTheNextWaitsForIt() throws InterruptedException {
    CountDownLatch open = new CountDownLatch(1);
    try (StageCheckpoints checkpoints = checkpoints(gated(open))) {
      checkpoints.begin(state(1), metrics);
      values.weights().embedding().addi(7);
      Thread opener = Thread.ofVirtual().start(() -> openSoon(open));
      double stall = checkpoints.begin(state(2), metrics);
      opener.join();
      assertThat(told).containsExactly(1L);
      assertThat(stall).isGreaterThan(0.05);
      checkpoints.finish();
    }
    assertThat(told).containsExactly(1L, 2L);
    assertThat(embedding(1)).containsOnly(0f);
    assertThat(embedding(2)).containsOnly(7f);
  }

  @Test
  void newestCompleteOnesStayAndNoneGoesBeforeANewerIsComplete() {
    CountDownLatch open = new CountDownLatch(1);
    try (StageCheckpoints checkpoints = checkpoints(store)) {
      for (long step = 1; step <= 3; step++) {
        checkpoints.begin(state(step), metrics);
      }
      checkpoints.finish();
      assertThat(RunCheckpoints.steps(store, "narrow")).containsExactly(2L, 3L);
    }
    try (StageCheckpoints checkpoints = checkpoints(gated(open))) {
      checkpoints.begin(state(4), metrics);
      assertThat(RunCheckpoints.steps(store, "narrow")).containsExactly(2L, 3L);
      open.countDown();
    }
    assertThat(RunCheckpoints.steps(store, "narrow")).containsExactly(3L, 4L);
  }

  @Test
  void whatGoesWrongInTheBackgroundIsThrownAtTheNextStepAndLeavesNothing() {
    ObjectStore failing =
        new GatedObjectStore(
            store,
            key -> {
              if (key.contains("optimizer")) {
                throw new TransientError("server: went away", new IOException("reset"));
              }
            });
    try (StageCheckpoints checkpoints = checkpoints(failing)) {
      checkpoints.begin(state(1), metrics);
      assertThatThrownBy(checkpoints::finish)
          .isInstanceOf(TransientError.class)
          .hasMessage("server: went away");
      checkpoints.poll();
    }
    assertThat(told).isEmpty();
    assertThat(store.list("")).isEmpty();
    StageCheckpoints checkpoints = checkpoints(failing);
    checkpoints.begin(state(1), metrics);
    assertThatThrownBy(checkpoints::close).isInstanceOf(TransientError.class);
  }

  @Test
  void lastOneOfAStageIsCompleteWhenTheStageEnds() {
    try (StageCheckpoints checkpoints = checkpoints(store)) {
      checkpoints.begin(state(1), metrics);
      checkpoints.writeNow(state(2), metrics);
      assertThat(told).containsExactly(1L, 2L);
      assertThat(RunCheckpoints.newestStep(store, "narrow")).hasValue(2);
    }
  }

  @Test
  void valuesOfAnotherDeviceAreWrittenThroughACopyOnTheHost() {
    ModelState device = DeviceStates.ofTraining(MODEL, manager);
    try (StageCheckpoints checkpoints = checkpoints(store, device)) {
      device.weights().embedding().addi(1);
      checkpoints.begin(state(1), metrics);
      device.weights().embedding().addi(1);
      checkpoints.writeNow(state(2), metrics);
    }
    assertThat(told).containsExactly(1L, 2L);
    assertThat(embedding(1)).containsOnly(1f);
    assertThat(embedding(2)).containsOnly(2f);
  }

  private float[] embedding(long step) {
    String folder = "narrow/checkpoints/step-0000000" + step;
    try (TensorSequence tensors = CheckpointReader.open(store, folder).read(FileKind.MODEL)) {
      for (var tensor : tensors.tensors()) {
        float[] next = tensors.next().toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
        if (tensor.name().equals("model.embed_tokens.weight")) {
          return next;
        }
      }
    }
    throw new AssertionError("no embedding");
  }

  private StageCheckpoints checkpoints(ObjectStore into) {
    return checkpoints(into, values);
  }

  private StageCheckpoints checkpoints(ObjectStore into, ModelState from) {
    return new StageCheckpoints(
        into,
        "narrow",
        -1,
        2,
        MODEL,
        from,
        new TrainingListener() {
          @Override
          public void checkpointed(Checkpointed checkpoint) {
            told.add(checkpoint.step());
          }
        },
        () -> from.newCopy(manager));
  }

  private ObjectStore gated(CountDownLatch open) {
    return new GatedObjectStore(
        store,
        key -> {
          if (key.endsWith(MANIFEST)) {
            try {
              open.await();
            } catch (InterruptedException e) {
              throw new IllegalStateException(e);
            }
          }
        });
  }

  /** Late enough that who does not wait is past it; who waits is not hurt by a slow machine. */
  private static void openSoon(CountDownLatch open) {
    try {
      Thread.sleep(100);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    open.countDown();
  }

  private static TrainerState state(long step) {
    return TestTensors.state(MODEL, step);
  }
}
