package dev.sparkling.trainer.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.withinPercentage;

import dev.sparkling.checkpoint.format.CheckpointLocation;
import dev.sparkling.checkpoint.format.CheckpointReader;
import dev.sparkling.checkpoint.format.FileKind;
import dev.sparkling.checkpoint.format.Manifest;
import dev.sparkling.checkpoint.format.TrainerState;
import dev.sparkling.checkpoint.run.Metrics;
import dev.sparkling.checkpoint.run.RunCheckpoints;
import dev.sparkling.checkpoint.safetensors.TensorSpec;
import dev.sparkling.checkpoint.store.InMemoryObjectStore;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.checkpoint.store.ObjectUpload;
import dev.sparkling.expander.run.ExpansionRun;
import dev.sparkling.pipeline.error.UserError;
import dev.sparkling.pipeline.plan.RunPlan;
import dev.sparkling.pipeline.spec.ProgressiveTraining;
import dev.sparkling.pipeline.spec.model.ExpansionSpec;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TrainingRunTest {

  @TempDir private Path folder;

  private final ObjectStore store = new InMemoryObjectStore();
  private TestRuns runs;

  @BeforeEach
  void prepare() throws IOException {
    runs = TestRuns.prepare(folder);
  }

  @AfterEach
  void close() {
    runs.close();
  }

  @Test
  void lossFallsInBothStagesAndIsTheSameAfterTheExpansion() {
    trainBothStages(store);
    var narrow = Metrics.read(store, "narrow").evaluations();
    var wide = Metrics.read(store, "wide").evaluations();
    assertThat(narrow).extracting(Metrics.Evaluation::step).containsExactly(0L, 4L, 8L);
    assertThat(wide).extracting(Metrics.Evaluation::step).containsExactly(8L, 12L, 16L);
    double atEnd = narrow.getLast().validationLoss();
    assertThat(atEnd).isLessThan(narrow.getFirst().validationLoss());
    // Function-preserving at 2x, except for the rounding of longer sums.
    assertThat(wide.getFirst().validationLoss())
        .isCloseTo(atEnd, org.assertj.core.api.Assertions.within(1e-5));
    assertThat(wide.getLast().validationLoss()).isLessThan(atEnd);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "precision: bf16",
        "documentMasking: true",
        "optimizer: {type: muon}",
        "gradientClipping: 0.1",
        "balancing: {coefficient: 0.1, scope: microBatch, zCoefficient: 0.01}"
      })
  void runThatIsStoppedAndResumedAtEveryStepEndsWithTheSameBits(String settings) {
    ProgressiveTraining resource = TestRuns.resource(settings);
    trainBothStages(resource, store);
    ObjectStore interrupted = new InMemoryObjectStore();
    for (long step = 1; step <= 8; step++) {
      assertThat(runs.train(resource, "narrow", interrupted, afterSteps(1))).isEqualTo(step);
    }
    expand(interrupted);
    for (long step = 9; step <= 16; step++) {
      assertThat(runs.train(resource, "wide", interrupted, afterSteps(1))).isEqualTo(step);
    }
    assertThat(manifest(interrupted, "narrow", 8)).isEqualTo(manifest(store, "narrow", 8));
    assertThat(CheckpointReader.open(interrupted, "wide/expansion").manifest())
        .isEqualTo(CheckpointReader.open(store, "wide/expansion").manifest());
    assertThat(manifest(interrupted, "wide", 16)).isEqualTo(manifest(store, "wide", 16));
    assertThat(Metrics.read(interrupted, "wide").evaluations())
        .isEqualTo(Metrics.read(store, "wide").evaluations());
  }

  @Test
  void recomputationGivesTheSameBits() {
    trainBothStages(store);
    ObjectStore recomputed = new InMemoryObjectStore();
    trainBothStages(TestRuns.resource("recomputation: layers"), recomputed);
    assertThat(manifest(recomputed, "wide", 16)).isEqualTo(manifest(store, "wide", 16));
  }

  @Test
  void gradientsThatAreNotFiniteStopTheStageAtOnceAndLeaveADump() {
    ProgressiveTraining diverging = TestRuns.resource("", "peak: 1.0e+30", TestRuns.EVALUATION);
    assertThatThrownBy(() -> runs.train(diverging, "narrow", store, () -> false))
        .isInstanceOf(UserError.class)
        .hasMessageMatching(
            "step 2: loss is 7\\.6\\d+ and the gradient norm NaN; the first numbers that are not"
                + " finite are in the gradient of layers\\.1\\.experts\\.down;"
                + " memory:narrow/not-finite-step-00000002\\.json has the details; a lower"
                + " spec\\.training\\.learningRate\\.peak or a longer warm-up usually helps");
    assertThat(TestRuns.steps(store, "narrow")).isEmpty();
    assertThat(dump("narrow/not-finite-step-00000002.json"))
        .contains("\"gradientNorm\" : \"NaN\"", "model.norm.weight", "layers.1.experts.down");
  }

  @ParameterizedTest
  @ValueSource(strings = {"fp32", "bf16"})
  void validationLossThatIsNotFiniteStopsTheStageAtOnceAndLeavesADump(String precision) {
    ProgressiveTraining diverging =
        TestRuns.resource(
            "precision: " + precision,
            "peak: 1.0e+39",
            "evaluation: {everySteps: 1, sequences: 8}");
    assertThatThrownBy(() -> runs.train(diverging, "narrow", store, () -> false))
        .isInstanceOf(UserError.class)
        .hasMessage(
            "step 1: validation loss is NaN; the first numbers that are not finite are in the"
                + " embedding, micro-batch 0; memory:narrow/not-finite-step-00000001.json has the"
                + " details; a lower spec.training.learningRate.peak or a longer warm-up usually"
                + " helps");
    assertThat(TestRuns.steps(store, "narrow")).isEmpty();
    assertThat(store.find("narrow/metrics.jsonl")).isEmpty();
    assertThat(dump("narrow/not-finite-step-00000001.json"))
        .contains("\"validationLoss\" : \"NaN\"", "\"microBatch\" : 0", "layers.1.experts.down")
        .doesNotContain("\"loss\"", "\"gradientNorm\"");
  }

  private String dump(String key) {
    return new String(store.readAll(store.get(key)), StandardCharsets.UTF_8);
  }

  @Test
  void metricsHaveGradientNormsAndRouterStatistics() {
    trainBothStages(store);
    var wide = Metrics.read(store, "wide").steps();
    assertThat(wide)
        .allSatisfy(
            step -> {
              assertThat(step.blockNorms()).hasSize(2);
              double old = step.blockNorms().get(0);
              double added = step.blockNorms().get(1);
              assertThat(step.gradientNorm())
                  .isCloseTo(Math.hypot(old, added), withinPercentage(0.001));
              assertThat(step.skipped()).isFalse();
              assertThat(step.routers()).hasSize(2);
              // 4 experts: from even use to all tokens choosing the same two.
              assertThat(step.routers()).allMatch(r -> r.balancing() > 0.9 && r.balancing() < 2);
              assertThat(step.routers())
                  .allMatch(r -> r.largestLoad() >= 1 && r.largestLoad() <= 2);
              assertThat(step.routers()).allMatch(r -> r.z() > 0);
            });
  }

  @Test
  void onlyTheNewestCheckpointsAreKept() {
    runs.train(TestRuns.NARROW, store, () -> false);
    assertThat(TestRuns.steps(store, "narrow")).containsExactly(6L, 8L);
  }

  @Test
  void partialCheckpointOfAKilledProcessIsDeletedWhenTheStageStarts() {
    runs.train(TestRuns.NARROW, store, afterSteps(3));
    store.write("narrow/checkpoints/step-00000005/config.json", new byte[] {1});
    ObjectUpload killed =
        store.create("narrow/checkpoints/step-00000005/model-00001-of-00001.safetensors");
    killed.write(MemorySegment.ofArray(new byte[] {1}));
    runs.train(TestRuns.NARROW, store, afterSteps(1));
    assertThat(TestRuns.steps(store, "narrow")).containsExactly(3L, 4L);
    assertThat(store.list("narrow/checkpoints/step-00000005/")).isEmpty();
    assertThat(store.discardUnfinished("")).isZero();
  }

  @Test
  void completeStageIsNotTrainedAgain() {
    runs.train(TestRuns.NARROW, store, () -> false);
    var before = TestRuns.objects(store);
    assertThat(runs.train(TestRuns.NARROW, store, () -> false)).isEqualTo(8);
    assertThat(TestRuns.objects(store)).isEqualTo(before);
  }

  @Test
  void stopRequestEndsTheTrainingAfterTheStepWithACheckpoint() {
    assertThat(runs.train(TestRuns.NARROW, store, afterSteps(5))).isEqualTo(5);
    assertThat(RunCheckpoints.read(store).newestStep("narrow")).hasValue(5);
  }

  @Test
  void stopRequestBeforeTheFirstStepLeavesTheStoreUnchanged() {
    assertThat(runs.train(TestRuns.NARROW, store, afterSteps(0))).isZero();
    assertThat(TestRuns.objects(store)).isEmpty();
    runs.train(TestRuns.NARROW, store, afterSteps(5));
    var before = TestRuns.objects(store);
    assertThat(runs.train(TestRuns.NARROW, store, afterSteps(0))).isEqualTo(5);
    assertThat(TestRuns.objects(store)).isEqualTo(before);
  }

  @Test
  void checkpointRecordsWhatItWasTrainedOn() {
    runs.train(TestRuns.NARROW, store, () -> false);
    TrainerState state =
        CheckpointReader.open(store, TestRuns.folder(store, "narrow", 8)).state().orElseThrow();
    assertThat(state.step()).isEqualTo(8);
    assertThat(state.tokens()).isEqualTo(2048);
    assertThat(state.threads()).isEqualTo(2);
    assertThat(state.dataFingerprint()).isEqualTo(runs.training.fingerprint());
    assertThat(state.tokenizerFingerprint()).isEqualTo(runs.training.index().tokenizer());
  }

  @Test
  void shardsOfAnotherTokenizerAreRefusedAndNothingIsWritten() throws IOException {
    runs.train(TestRuns.NARROW, store, afterSteps(1));
    var before = TestRuns.objects(store);
    Path other = folder.resolve("other.json");
    String json = Files.readString(Path.of("../examples/java-sources/tokenizer.json"));
    Files.writeString(other, json + "\n");
    try (TestRuns others = TestRuns.prepare(folder.resolve("others"), other, 0.2)) {
      assertThatThrownBy(() -> others.train(TestRuns.NARROW, store, () -> false))
          .isInstanceOf(UserError.class)
          .hasMessage(
              "spec.data.uri: was made by tokenizer "
                  + others.training.index().tokenizer()
                  + "; memory:"
                  + TestRuns.folder(store, "narrow", 1)
                  + " was trained on tokenizer "
                  + runs.training.index().tokenizer()
                  + "; a run cannot change its tokenizer");
    }
    assertThat(TestRuns.objects(store)).isEqualTo(before);
  }

  @Test
  void shardsChangedSinceTheCheckpointAreRefusedAndNothingIsWritten() throws IOException {
    runs.train(TestRuns.NARROW, store, afterSteps(1));
    var before = TestRuns.objects(store);
    try (TestRuns others = TestRuns.prepare(folder.resolve("others"), TestRuns.TOKENIZER, 0.4)) {
      assertThatThrownBy(() -> others.train(TestRuns.NARROW, store, () -> false))
          .isInstanceOf(UserError.class)
          .hasMessage(
              "spec.data.uri: is dataset "
                  + others.training.fingerprint()
                  + "; memory:"
                  + TestRuns.folder(store, "narrow", 1)
                  + " was trained on dataset "
                  + runs.training.fingerprint()
                  + "; a run cannot change its data");
    }
    assertThat(TestRuns.objects(store)).isEqualTo(before);
  }

  @Test
  void changedOptimizerIsRefusedInOneMessageAndNothingIsWritten() {
    runs.train(TestRuns.NARROW, store, afterSteps(3));
    var before = TestRuns.objects(store);
    ProgressiveTraining muon = TestRuns.resource("optimizer: {type: muon}");
    assertThatThrownBy(() -> runs.train(muon, "narrow", store, () -> false))
        .isInstanceOf(UserError.class)
        .hasMessage(
            "spec.training.optimizer.type: muon is not the adamw of"
                + " memory:"
                + TestRuns.folder(store, "narrow", 3)
                + "; a run cannot change what it has used,"
                + " so set it back or use another store");
    assertThat(TestRuns.objects(store)).isEqualTo(before);
  }

  /** A plan computes the size of a checkpoint without the trainer's arrays. */
  @ParameterizedTest
  @ValueSource(strings = {"adamw", "muon"})
  void checkpointHasAsManyBytesAsPlanned(String optimizer) {
    ProgressiveTraining resource = TestRuns.resource("optimizer: {type: " + optimizer + "}");
    runs.train(resource, "narrow", store, afterSteps(1));
    CheckpointReader reader = CheckpointReader.open(store, TestRuns.folder(store, "narrow", 1));
    long held =
        Stream.of(FileKind.values())
            .flatMap(kind -> reader.tensors(kind).stream())
            .mapToLong(TensorSpec::bytes)
            .sum();
    assertThat(held).isEqualTo(RunPlan.of(resource.spec()).stage("narrow").checkpointBytes());
  }

  private void trainBothStages(ObjectStore target) {
    trainBothStages(TestRuns.RESOURCE, target);
  }

  private void trainBothStages(ProgressiveTraining resource, ObjectStore target) {
    runs.train(resource, "narrow", target, () -> false);
    expand(target);
    runs.train(resource, "wide", target, () -> false);
  }

  private static void expand(ObjectStore target) {
    ExpansionSpec expansion = Objects.requireNonNull(TestRuns.WIDE.expansion());
    ExpansionRun.run(
        new CheckpointLocation(target, TestRuns.folder(target, "narrow", 8)),
        new CheckpointLocation(target, "wide/expansion"),
        expansion);
  }

  private static Optional<Manifest> manifest(ObjectStore of, String stage, long step) {
    return CheckpointReader.open(of, TestRuns.folder(of, stage, step)).manifest();
  }

  /** A training asks once before its first step and once after each step. */
  private static BooleanSupplier afterSteps(int steps) {
    AtomicInteger asked = new AtomicInteger();
    return () -> asked.getAndIncrement() >= steps;
  }
}
