package dev.sparkling.trainer.schedule;

import dev.sparkling.checkpoint.format.TrainerState.ExpansionRecord;
import dev.sparkling.pipeline.plan.RunPlan;
import dev.sparkling.pipeline.spec.training.LearningRateSpec;
import java.util.ArrayList;
import java.util.List;

/**
 * The learning-rate curves of all blocks.
 *
 * @param curves the original schedule, then the curve of each expansion's new entries
 */
public record BlockCurves(List<Curve> curves) {

  public BlockCurves {
    curves = List.copyOf(curves);
  }

  /**
   * Computes the curves of a run.
   *
   * @param expansions expansions so far, in order
   */
  public static BlockCurves of(
      LearningRateSpec spec, RunPlan plan, List<ExpansionRecord> expansions) {
    long total = plan.totalSteps();
    double last = spec.finalRatio() * spec.peak();
    long decaySteps = Math.round(spec.decayFraction() * total);
    Curve original =
        new Curve(0, plan.warmupSteps(), total, 0, spec.peak(), last, spec.schedule(), decaySteps);
    List<Curve> curves = new ArrayList<>();
    curves.add(original);
    for (ExpansionRecord expansion : expansions) {
      // Eq. 27, 28: from the original rate at the expansion to rho times it, then down to the same
      // last rate.
      double rate = original.rate(expansion.step());
      curves.add(
          new Curve(
              expansion.step(),
              expansion.rewarmupSteps(),
              total - expansion.step(),
              rate,
              expansion.rewarmupRatio() * rate,
              last,
              spec.schedule(),
              decaySteps));
    }
    return new BlockCurves(curves);
  }

  /** Returns the learning rate of each block at a step. */
  public List<Double> rates(long step) {
    return curves.stream().map(curve -> curve.rate(step)).toList();
  }
}
