package dev.sparkling.trainer.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sparkling.checkpoint.format.TrainerState.ExpansionRecord;
import dev.sparkling.checkpoint.format.TrainerState.Widths;
import dev.sparkling.pipeline.plan.RunPlan;
import dev.sparkling.pipeline.plan.StagePlan;
import dev.sparkling.pipeline.spec.Initialization;
import dev.sparkling.pipeline.spec.LearningRateSchedule;
import dev.sparkling.pipeline.spec.LearningRateSpec;
import dev.sparkling.pipeline.spec.OptimizerStateStrategy;
import dev.sparkling.pipeline.spec.ProgressiveTraining;
import dev.sparkling.pipeline.validation.SpecReader;
import java.util.List;
import org.junit.jupiter.api.Test;

/** 1,000 steps, warm-up 30, peak 1, last rate 0.01; the expansions are after steps 400 and 700. */
class BlockCurvesTest {

  private static final LearningRateSpec RATE =
      new LearningRateSpec(LearningRateSchedule.COSINE, 1, 0.03, 0.01);
  private static final ExpansionRecord FIRST =
      new ExpansionRecord(
          400,
          new Widths(64, 16),
          Initialization.COPY_COPY,
          OptimizerStateStrategy.ASYMMETRIC,
          1.3,
          100);
  private static final ExpansionRecord SECOND =
      new ExpansionRecord(
          700,
          new Widths(128, 16),
          Initialization.COPY_COPY,
          OptimizerStateStrategy.ASYMMETRIC,
          1.1,
          50);

  /** Differences are of double rounding only. */
  private static final double EXACT = 1e-12;

  @Test
  void originalCurveRisesToThePeakAndFallsToTheLastRate() {
    Curve curve = curves().curves().getFirst();
    assertThat(curve.rate(1)).isCloseTo(1.0 / 30, within(EXACT));
    assertThat(curve.rate(15)).isCloseTo(0.5, within(EXACT));
    assertThat(curve.rate(30)).isCloseTo(1, within(EXACT));
    // Half of the cosine's way, at step 30 + 485.
    assertThat(curve.rate(515)).isCloseTo((1 + 0.01) / 2, within(EXACT));
    assertThat(curve.rate(1000)).isCloseTo(0.01, within(EXACT));
  }

  @Test
  void oldEntriesKeepTheOriginalCurveAfterExpansions() {
    for (long step = 1; step <= 1000; step++) {
      assertThat(curves(FIRST, SECOND).rates(step).getFirst())
          .isEqualTo(curves().rates(step).getFirst());
    }
  }

  @Test
  void newEntriesRiseFromTheRateAtTheExpansionToTheRatioOfIt() {
    Curve original = curves().curves().getFirst();
    Curve added = curves(FIRST).curves().get(1);
    double atExpansion = original.rate(400);
    assertThat(added.rate(400)).isCloseTo(atExpansion, within(EXACT));
    assertThat(added.rate(450)).isCloseTo(1.15 * atExpansion, within(EXACT));
    assertThat(added.rate(500)).isCloseTo(1.3 * atExpansion, within(EXACT));
    // Half of the cosine's way, between steps 500 and 1000.
    assertThat(added.rate(750)).isCloseTo((1.3 * atExpansion + 0.01) / 2, within(EXACT));
    assertThat(added.rate(1000)).isCloseTo(0.01, within(EXACT));
  }

  @Test
  void secondExpansionStartsFromTheOriginalCurveToo() {
    Curve original = curves().curves().getFirst();
    List<Curve> all = curves(FIRST, SECOND).curves();
    assertThat(all).hasSize(3);
    assertThat(all.get(1)).isEqualTo(curves(FIRST).curves().get(1));
    assertThat(all.get(2).rate(700)).isCloseTo(original.rate(700), within(EXACT));
    assertThat(all.get(2).rate(750)).isCloseTo(1.1 * original.rate(700), within(EXACT));
  }

  /** Eq. 25-28 written down again, as plainly as can be, at every step. */
  @Test
  void everyRateIsTheEquations() {
    List<Curve> all = curves(FIRST, SECOND).curves();
    for (long t = 1; t <= 1000; t++) {
      double original = f(t, 30, 1000, 0, 1, 0.01);
      assertThat(all.get(0).rate(t)).isCloseTo(original, within(EXACT));
      if (t > 400) {
        double eta = f(400, 30, 1000, 0, 1, 0.01);
        assertThat(all.get(1).rate(t))
            .isCloseTo(f(t - 400, 100, 600, eta, 1.3 * eta, 0.01), within(EXACT));
      }
      if (t > 700) {
        double eta = f(700, 30, 1000, 0, 1, 0.01);
        assertThat(all.get(2).rate(t))
            .isCloseTo(f(t - 700, 50, 300, eta, 1.1 * eta, 0.01), within(EXACT));
      }
    }
  }

  @Test
  void noWarmupStartsAtThePeak() {
    assertThat(new Curve(0, 0, 10, 0, 2, 1).rate(0)).isEqualTo(2);
    assertThat(new Curve(0, 0, 10, 0, 2, 1).rate(10)).isCloseTo(1, within(EXACT));
  }

  private static double f(
      long t, double warmup, double total, double initial, double peak, double last) {
    return t < warmup
        ? initial + (peak - initial) * t / warmup
        : last + (peak - last) / 2 * (1 + Math.cos(Math.PI * (t - warmup) / (total - warmup)));
  }

  private static BlockCurves curves(ExpansionRecord... expansions) {
    return BlockCurves.of(RATE, plan(), List.of(expansions));
  }

  private static RunPlan plan() {
    ProgressiveTraining resource =
        SpecReader.read(
            """
            apiVersion: sparkling.dev/v1alpha1
            kind: ProgressiveTraining
            metadata: {name: curves}
            spec:
              model: {architecture: dense, vocabularySize: 8, layers: 1, hiddenSize: 32, innerSize: 16,
                attentionHeads: 1, keyValueHeads: 1, headDim: 2}
              data: {uri: a, validationUri: b}
              training: {sequenceLength: 1, globalBatchSize: 1, learningRate: {peak: 1.0}}
              stages: [{name: narrow, tokens: 1000}]
              storage: {uri: c}
            """,
            "curves.yaml");
    RunPlan plan = RunPlan.of(resource.spec());
    StagePlan only = plan.stages().getFirst();
    assertThat(only.lastStep()).isEqualTo(1000);
    assertThat(plan.warmupSteps()).isEqualTo(30);
    return plan;
  }
}
