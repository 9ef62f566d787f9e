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
import dev.sparkling.checkpoint.run.RunOwner;
import dev.sparkling.checkpoint.run.RunWriter;
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
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class StageCheckpointsTest {

  private static final ModelConfiguration MODEL = TestModels.moe(true);
  private static final String MANIFEST = "manifest.json";

  private final NDManager manager = TestTorch.start().newManager();
  private final ModelState values = ModelState.ofTraining(MODEL, OptimizerType.ADAMW, manager);
  private final ObjectStore store = new InMemoryObjectStore();
  private final List<Long> reported = new ArrayList<>();
  private final Metrics metrics = Metrics.read(store, "narrow");

  @AfterEach
  void freeMemory() {
    manager.close();
  }

  @Test
  void checkpointHasTheValuesAndMetricsOfItsStepWhileTrainingContinues() {
    CountDownLatch open = new CountDownLatch(1);
    values.weights().embedding().addi(1);
    metrics.add(new Metrics.Evaluation(1, 5, List.of()));
    try (StageCheckpoints checkpoints = checkpoints(gated(open))) {
      checkpoints.begin(state(1), metrics);
      values.weights().embedding().addi(1);
      metrics.add(new Metrics.Evaluation(2, 4, List.of()));
      assertThat(TestRuns.steps(store, "narrow")).isEmpty();
      checkpoints.poll();
      assertThat(reported).isEmpty();
      open.countDown();
      checkpoints.finish();
    }
    assertThat(reported).containsExactly(1L);
    assertThat(embedding(1)).containsOnly(1f);
    assertThat(Metrics.read(store, "narrow").evaluations()).hasSize(1);
  }

  @Test
  void nextCheckpointWaitsForTheOneInFlight() throws Exception {
    CountDownLatch open = new CountDownLatch(1);
    try (StageCheckpoints checkpoints = checkpoints(gated(open))) {
      checkpoints.begin(state(1), metrics);
      values.weights().embedding().addi(7);
      Thread training = Thread.currentThread();
      FutureTask<Double> opening = new FutureTask<>(() -> openOnceWaiting(training, open));
      Thread.ofPlatform().start(opening);
      double stall = checkpoints.begin(state(2), metrics);
      assertThat(reported).containsExactly(1L);
      assertThat(stall).isGreaterThanOrEqualTo(opening.get());
      checkpoints.finish();
    }
    assertThat(reported).containsExactly(1L, 2L);
    assertThat(embedding(1)).containsOnly(0f);
    assertThat(embedding(2)).containsOnly(7f);
  }

  @Test
  void checkpointIsDeletedOnlyAfterANewerOneIsComplete() {
    CountDownLatch open = new CountDownLatch(1);
    try (StageCheckpoints checkpoints = checkpoints(store)) {
      for (long step = 1; step <= 3; step++) {
        checkpoints.begin(state(step), metrics);
      }
      checkpoints.finish();
      assertThat(TestRuns.steps(store, "narrow")).containsExactly(2L, 3L);
    }
    try (StageCheckpoints checkpoints = checkpoints(gated(open))) {
      checkpoints.begin(state(4), metrics);
      assertThat(TestRuns.steps(store, "narrow")).containsExactly(2L, 3L);
      open.countDown();
    }
    assertThat(TestRuns.steps(store, "narrow")).containsExactly(3L, 4L);
  }

  @Test
  void errorInTheBackgroundIsThrownAtTheNextCallAndLeavesNothing() {
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
    assertThat(reported).isEmpty();
    assertThat(TestRuns.objects(store)).isEmpty();
    StageCheckpoints checkpoints = checkpoints(failing);
    checkpoints.begin(state(1), metrics);
    assertThatThrownBy(checkpoints::close).isInstanceOf(TransientError.class);
  }

  @Test
  void checkpointOfAStagesLastStepIsCompleteOnReturn() {
    try (StageCheckpoints checkpoints = checkpoints(store)) {
      checkpoints.begin(state(1), metrics);
      checkpoints.writeNow(state(2), metrics);
      assertThat(reported).containsExactly(1L, 2L);
      assertThat(RunCheckpoints.read(store).newestStep("narrow")).hasValue(2);
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
    assertThat(reported).containsExactly(1L, 2L);
    assertThat(embedding(1)).containsOnly(1f);
    assertThat(embedding(2)).containsOnly(2f);
  }

  private float[] embedding(long step) {
    String folder = TestRuns.folder(store, "narrow", step);
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
        RunWriter.begin(into, RunOwner.ofFolder()),
        "narrow",
        -1,
        2,
        MODEL,
        from,
        new TrainingListener() {
          @Override
          public void checkpointed(Checkpointed checkpoint) {
            reported.add(checkpoint.step());
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
              assertThat(open.await(60, TimeUnit.SECONDS)).isTrue();
            } catch (InterruptedException e) {
              throw new IllegalStateException(e);
            }
          }
        });
  }

  /** Opens once a thread waits, which takes at most 60 s; returns for how long it waited then. */
  private static double openOnceWaiting(Thread thread, CountDownLatch open)
      throws InterruptedException {
    long limit = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (thread.getState() != Thread.State.WAITING) {
      assertThat(System.nanoTime()).as("nobody waits").isLessThan(limit);
      Thread.sleep(1);
    }
    long begin = System.nanoTime();
    Thread.sleep(10);
    double waited = (System.nanoTime() - begin) / (double) TimeUnit.SECONDS.toNanos(1);
    open.countDown();
    return waited;
  }

  private static TrainerState state(long step) {
    return TestTensors.state(MODEL, step);
  }
}
