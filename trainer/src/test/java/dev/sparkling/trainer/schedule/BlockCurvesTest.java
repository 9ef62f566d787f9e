package dev.sparkling.trainer.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sparkling.checkpoint.format.TrainerState.ExpansionRecord;
import dev.sparkling.checkpoint.format.TrainerState.Widths;
import dev.sparkling.pipeline.plan.RunPlan;
import dev.sparkling.pipeline.plan.StagePlan;
import dev.sparkling.pipeline.spec.ProgressiveTraining;
import dev.sparkling.pipeline.spec.model.Initialization;
import dev.sparkling.pipeline.spec.model.OptimizerStateStrategy;
import dev.sparkling.pipeline.spec.training.LearningRateSchedule;
import dev.sparkling.pipeline.spec.training.LearningRateSpec;
import dev.sparkling.pipeline.validation.SpecReader;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** 1,000 steps, 30 of warm-up, peak 1, last rate 0.01; expansions after steps 400 and 700. */
class BlockCurvesTest {

  private static final LearningRateSpec RATE =
      new LearningRateSpec(LearningRateSchedule.COSINE, 1.0, 0.03, 0.01, 0.2);
  private static final LearningRateSpec WSD =
      new LearningRateSpec(LearningRateSchedule.WSD, 1.0, 0.03, 0.01, 0.25);
  private static final ExpansionRecord FIRST =
      new ExpansionRecord(
          400,
          new Widths(64, 16),
          Initialization.COPY_COPY,
          OptimizerStateStrategy.ASYMMETRIC,
          1.3,
          100);

  /** An expansion whose re-warm-up extends into WSD's decay, which begins at step 750. */
  private static final ExpansionRecord THIRD =
      new ExpansionRecord(
          720,
          new Widths(256, 16),
          Initialization.COPY_COPY,
          OptimizerStateStrategy.ASYMMETRIC,
          1.2,
          80);

  /** An expansion within WSD's decay. */
  private static final ExpansionRecord INSIDE_THE_DECAY =
      new ExpansionRecord(
          800,
          new Widths(128, 16),
          Initialization.COPY_COPY,
          OptimizerStateStrategy.ASYMMETRIC,
          1.3,
          60);

  private static final ExpansionRecord SECOND =
      new ExpansionRecord(
          700,
          new Widths(128, 16),
          Initialization.COPY_COPY,
          OptimizerStateStrategy.ASYMMETRIC,
          1.1,
          50);

  /** Rounding of doubles. */
  private static final double EXACT = 1e-12;

  @Test
  void originalCurveRisesToThePeakAndFallsToTheLastRate() {
    Curve curve = curves().curves().getFirst();
    assertThat(curve.rate(1)).isCloseTo(1.0 / 30, within(EXACT));
    assertThat(curve.rate(15)).isCloseTo(0.5, within(EXACT));
    assertThat(curve.rate(30)).isCloseTo(1, within(EXACT));
    // The middle of the cosine, at step 30 + 485.
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
    // The middle of the cosine, between steps 500 and 1000.
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

  /** Eq. 25-28, written out, at every step. */
  @Test
  void everyRateFollowsTheEquations() {
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

  /** Eq. 25-28 with another tail, for one to three expansions, at every step. */
  @Test
  void everyRateOfWsdFollowsItsDefinition() {
    List<ExpansionRecord> expansions = List.of(FIRST, SECOND, THIRD);
    for (int count = 0; count <= expansions.size(); count++) {
      List<ExpansionRecord> done = expansions.subList(0, count);
      BlockCurves curves = BlockCurves.of(WSD, plan(), done);
      for (long t = 1; t <= 1000; t++) {
        assertThat(curves.rates(t).getFirst()).isCloseTo(wsd(t, 0, 30, 0, 1), within(EXACT));
        for (int i = 0; i < count; i++) {
          ExpansionRecord e = done.get(i);
          if (t >= e.step()) {
            double eta = wsd(e.step(), 0, 30, 0, 1);
            double peak = e.rewarmupRatio() * eta;
            assertThat(curves.rates(t).get(i + 1))
                .as("step %d, expansion %d", t, i)
                .isCloseTo(wsd(t, e.step(), e.rewarmupSteps(), eta, peak), within(EXACT));
          }
        }
      }
    }
  }

  @Test
  void everyRateOfOneToThreeExpansionsFollowsTheEquations() {
    List<ExpansionRecord> expansions = List.of(FIRST, SECOND, THIRD);
    for (int count = 1; count <= expansions.size(); count++) {
      List<ExpansionRecord> done = expansions.subList(0, count);
      BlockCurves curves = BlockCurves.of(RATE, plan(), done);
      for (int i = 0; i < count; i++) {
        ExpansionRecord e = done.get(i);
        double eta = f(e.step(), 30, 1000, 0, 1, 0.01);
        for (long t = e.step(); t <= 1000; t++) {
          assertThat(curves.rates(t).get(i + 1))
              .as("step %d, expansion %d", t, i)
              .isCloseTo(
                  f(
                      t - e.step(),
                      e.rewarmupSteps(),
                      1000.0 - e.step(),
                      eta,
                      e.rewarmupRatio() * eta,
                      0.01),
                  within(EXACT));
        }
      }
    }
  }

  /** Rises from a rate that has already fallen, then falls linearly to the same last rate. */
  @Test
  void expansionWithinTheDecayOfWsdRisesFromTheFallenRateAndThenFalls() {
    List<Curve> all = BlockCurves.of(WSD, plan(), List.of(INSIDE_THE_DECAY)).curves();
    double fallen = 1 - 0.99 * 50 / 250;
    assertThat(all.get(0).rate(800)).isCloseTo(fallen, within(EXACT));
    for (long t = 800; t <= 1000; t++) {
      double expected =
          t <= 860
              ? fallen * (1 + 0.3 * (t - 800) / 60)
              : 0.01 + (1.3 * fallen - 0.01) * (1000 - t) / 140;
      assertThat(all.get(1).rate(t)).as("step " + t).isCloseTo(expected, within(EXACT));
    }
  }

  /** No step changes the rate by more than the steepest line does. */
  @Test
  void everyCurveOfWsdIsContinuous() {
    for (ExpansionRecord e : List.of(FIRST, SECOND, THIRD, INSIDE_THE_DECAY)) {
      Curve curve = BlockCurves.of(WSD, plan(), List.of(e)).curves().get(1);
      double rise = (e.rewarmupRatio() - 1) * curve.initial() / e.rewarmupSteps();
      double fall = (curve.peak() - 0.01) / (1000 - Math.max(750, e.step() + e.rewarmupSteps()));
      for (long t = e.step(); t < 1000; t++) {
        assertThat(Math.abs(curve.rate(t + 1) - curve.rate(t)))
            .as("from step " + t)
            .isLessThanOrEqualTo(Math.max(rise, fall) + EXACT);
      }
      assertThat(curve.rate(1000)).isCloseTo(0.01, within(EXACT));
    }
  }

  /** What ExpansionWarnings says of a baseline without a re-warm-up. */
  @ParameterizedTest
  @ValueSource(longs = {30, 400, 750, 900})
  void withoutARewarmupNewEntriesHaveTheOldRateWithWsdAndAHigherOneWithCosine(long expansion) {
    ExpansionRecord flat =
        new ExpansionRecord(
            expansion, new Widths(64, 16), Initialization.NAIVE, OptimizerStateStrategy.COPY, 1, 0);
    BlockCurves wsd = BlockCurves.of(WSD, plan(), List.of(flat));
    BlockCurves cosine = BlockCurves.of(RATE, plan(), List.of(flat));
    for (long step = expansion + 1; step < 1000; step++) {
      assertThat(wsd.rates(step).get(1)).isCloseTo(wsd.rates(step).getFirst(), within(EXACT));
      if (expansion > 30) {
        assertThat(cosine.rates(step).get(1)).isGreaterThan(cosine.rates(step).getFirst());
      }
    }
  }

  @Test
  void curveWithoutWarmupStartsAtThePeak() {
    Curve curve = new Curve(0, 0, 10, 0, 2, 1, LearningRateSchedule.COSINE, 0);
    assertThat(curve.rate(0)).isEqualTo(2);
    assertThat(curve.rate(10)).isCloseTo(1, within(EXACT));
    assertThat(new Curve(0, 0, 10, 0, 2, 1, LearningRateSchedule.WSD, 0).rate(9)).isEqualTo(2);
  }

  /** By cases: rises, stays at the peak, falls to 0.01 over the last 250 steps. */
  private static double wsd(long t, long begin, long warmup, double initial, double peak) {
    if (t - begin < warmup) {
      return initial + (peak - initial) * (t - begin) / warmup;
    }
    long fall = Math.max(750, begin + warmup);
    return t <= fall ? peak : peak + (0.01 - peak) * (t - fall) / (1000 - fall);
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
