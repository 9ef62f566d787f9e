package dev.sparkling.pipeline.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sparkling.pipeline.TestSpecs;
import dev.sparkling.pipeline.spec.model.Architecture;
import dev.sparkling.pipeline.spec.model.ModelSpec;
import dev.sparkling.pipeline.validation.SpecReader;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RunPlanTest {

  /** Paper App. D. */
  private static final ModelSpec PAPER =
      new ModelSpec(Architecture.MOE, 50304, 24, 1024, 512, 16, 4, 96, 64, 8, true, 10_000.0, 1e-6);

  /** Active parameters and FLOPs saved of Table 1, which prints them to the million and percent. */
  @ParameterizedTest
  @CsvSource({"1024, 1024, 751, 20", "2048, 512, 900, 25", "2048, 1024, 1500, 35"})
  void reproducesThePapersTableOfParametersAndSavings(
      int hiddenSize, int innerSize, double activeMillions, double percentSaved) {
    long narrow = ParameterCount.of(PAPER).active();
    long wide = ParameterCount.of(PAPER.withWidths(hiddenSize, innerSize)).active();
    assertThat(narrow / 1e6).isCloseTo(450, within(1.0));
    // The paper rounds 1,503 M to 1.5 B.
    assertThat(wide / 1e6).isCloseTo(activeMillions, within(5.0));
    double saved = 100 * (1 - (narrow + wide) / (2.0 * wide));
    assertThat(saved).isCloseTo(percentSaved, within(0.5));
  }

  @Test
  void countsAModelThatIsSmallEnoughToCountByHand() {
    ModelSpec tiny =
        new ModelSpec(Architecture.MOE, 10, 2, 4, 3, 2, 1, 2, 5, 2, true, 10_000.0, 1e-6);
    // embedding 40, final norm 4; a layer: q 16, k 8, v 8, o 16, q and k norm 4, norms 8,
    // router 20, experts 5 * 36
    assertThat(ParameterCount.of(tiny)).isEqualTo(new ParameterCount(44 + 2 * 260, 44 + 2 * 152));
  }

  @Test
  void untiedHeadIsCountedTwiceAndDenseModelHasNoRouter() {
    ModelSpec dense =
        new ModelSpec(Architecture.DENSE, 10, 1, 4, 3, 2, 1, 2, 0, 0, false, 10_000.0, 1e-6);
    assertThat(ParameterCount.of(dense)).isEqualTo(new ParameterCount(84 + 96, 84 + 96));
  }

  @Test
  void stagesFollowEachOtherInStepsOfTheWholeRun() {
    RunPlan plan = RunPlan.of(TestSpecs.minimal().spec());
    assertThat(plan.stage("narrow").firstStep()).isZero();
    assertThat(plan.stage("narrow").lastStep()).isEqualTo(10);
    assertThat(plan.stage("wide").firstStep()).isEqualTo(10);
    assertThat(plan.stage("wide").lastStep()).isEqualTo(30);
    assertThat(plan.stage("wide").model().hiddenSize()).isEqualTo(64);
    assertThat(plan.stage("wide").model().innerSize()).isEqualTo(16);
    assertThat(plan.warmupSteps()).isEqualTo(1);
    assertThat(plan.warnings()).isEmpty();
  }

  @Test
  void budgetThatDoesNotDivideIntoStepsIsRoundedAndSaysSo() {
    RunPlan plan =
        RunPlan.of(
            SpecReader.read(TestSpecs.MINIMAL.replace("10240", "10000"), "tiny.yaml").spec());
    assertThat(plan.stage("narrow").steps()).isEqualTo(10);
    assertThat(plan.warnings())
        .containsExactly(
            "spec.stages[0].tokens: 10000 is 9.77 steps of 1024 tokens;"
                + " rounded to 10 steps, 10240 tokens");
  }

  @Test
  void naiveAtWholeRatiosWarnsThatItIsCopyCopy() {
    assertThat(warnings("hiddenSize: 64, initialization: naive, rewarmup: {steps: 5}", "cosine"))
        .containsExactly(
            "spec.stages[1].expansion.initialization: naive gives the same tensors as copy-copy if"
                + " widths grow by integer ratios; for a baseline that differs from it set"
                + " optimizerState: copy, rewarmup.ratio: 1 and rewarmup.steps: 0");
    assertThat(warnings("hiddenSize: 48, initialization: naive, rewarmup: {steps: 5}", "cosine"))
        .isEmpty();
    assertThat(
            warnings(
                "hiddenSize: 64, innerSize: 24, initialization: naive, rewarmup: {steps: 5}",
                "cosine"))
        .isEmpty();
    assertThat(warnings("hiddenSize: 64, initialization: uneven, rewarmup: {steps: 5}", "cosine"))
        .isEmpty();
  }

  @Test
  void naiveWithoutAsymmetryWarnsOnlyOfTheCosineOfNewEntries() {
    String symmetric =
        "hiddenSize: 64, initialization: naive, optimizerState: copy, rewarmup: {ratio: 1, steps: 0}";
    assertThat(warnings(symmetric, "wsd")).isEmpty();
    assertThat(warnings(symmetric, "cosine"))
        .containsExactly(
            "spec.stages[1].expansion.rewarmup: with learningRate.schedule: cosine new entries"
                + " follow a cosine of their own even without a re-warm-up; with wsd they have the"
                + " old entries' rate");
  }

  private static List<String> warnings(String expansion, String schedule) {
    String yaml =
        TestSpecs.MINIMAL
            .replace("peak: 1.0e-3", "peak: 1.0e-3, schedule: " + schedule)
            .replaceAll(
                "expansion:\\s+hiddenSize: 64\\s+rewarmup: .*", "expansion: {" + expansion + "}");
    return RunPlan.of(SpecReader.read(yaml, "tiny.yaml").spec()).warnings();
  }

  @Test
  void controlTrainsTheNarrowModelToTheLastStepOfTheRun() {
    RunPlan plan = RunPlan.of(TestSpecs.minimal().spec());
    RunPlan control = plan.control();
    assertThat(control.stages().getFirst()).isEqualTo(plan.stages().getFirst());
    StagePlan stage = control.stages().getLast();
    assertThat(stage.isControl()).isTrue();
    assertThat(stage.expansion()).isNull();
    assertThat(stage.model()).isEqualTo(plan.stage("narrow").model());
    assertThat(stage.firstStep()).isEqualTo(10);
    assertThat(stage.lastStep()).isEqualTo(30);
    assertThat(stage.tokens()).isEqualTo(20480);
    assertThat(control.totalTokens()).isEqualTo(plan.totalTokens());
    assertThat(control.warmupSteps()).isEqualTo(plan.warmupSteps());
  }

  @Test
  void runOfOneStageIsItsOwnControl() {
    String yaml = TestSpecs.MINIMAL.replaceAll("(?s)    - name: wide.*(?=  storage:)", "");
    RunPlan plan = RunPlan.of(SpecReader.read(yaml, "tiny.yaml").spec());
    assertThat(plan.control()).isEqualTo(plan);
  }

  @Test
  void checkpointOfMuonHasOneNumberLessForEachWeightOfAMatrixInsideOfALayer() {
    // A layer of hidden 32, inner 16: q 1536, k 768, v 768, o 1536, router 128, experts 4 * 1536.
    long matrices = 2 * (1536 + 768 + 768 + 1536 + 128 + 4 * 1536);
    long total = RunPlan.of(TestSpecs.minimal().spec()).stage("narrow").parameters().total();
    assertThat(checkpointBytes("adamw")).isEqualTo(4 * 3 * total);
    assertThat(checkpointBytes("muon")).isEqualTo(4 * (3 * total - matrices));
  }

  private static long checkpointBytes(String optimizer) {
    String yaml =
        TestSpecs.MINIMAL.replace(
            "learningRate:", "optimizer: {type: " + optimizer + "}\n    learningRate:");
    return RunPlan.of(SpecReader.read(yaml, "tiny.yaml").spec()).stage("narrow").checkpointBytes();
  }

  @Test
  void savingIsComputedFromActiveParametersAndTokens() {
    RunPlan plan = RunPlan.of(TestSpecs.minimal().spec());
    double narrow = plan.stage("narrow").parameters().active();
    double wide = plan.stage("wide").parameters().active();
    assertThat(plan.flops()).isEqualTo(6 * (narrow * 10240 + wide * 20480));
    assertThat(plan.flopsSaved()).isCloseTo((1 - narrow / wide) / 3, within(1e-12));
  }
}
