package dev.sparkling.trainer.schedule;

import dev.sparkling.pipeline.spec.training.LearningRateSchedule;

/**
 * {@code f(t; Tw, T, eta0, eta_max, eta_min)} of Eq. 25: linear from {@code eta0} to {@code
 * eta_max} over {@code Tw} steps, then a cosine to {@code eta_min} at {@code T}. With WSD (warm-up,
 * stable, decay) it stays at {@code eta_max} and falls in a line over the last steps. Where the
 * warm-up ends inside those, it falls from there, in a steeper line; an expansion inside those
 * begins, by its {@code eta0}, at a rate that has fallen already. Continuous in all cases.
 *
 * @param begin step at which t is 0
 * @param warmupSteps {@code Tw}
 * @param totalSteps {@code T}, counted from {@code begin}
 * @param initial {@code eta0}
 * @param peak {@code eta_max}
 * @param last {@code eta_min}
 * @param schedule its shape after the warm-up
 * @param decaySteps WSD's: how many of the last steps it falls in
 */
public record Curve(
    long begin,
    long warmupSteps,
    long totalSteps,
    double initial,
    double peak,
    double last,
    LearningRateSchedule schedule,
    long decaySteps) {

  /** The rate of the optimizer step that ends with {@code step} steps done; the first one is 1. */
  public double rate(long step) {
    long t = step - begin;
    if (t < warmupSteps) {
      return initial + (peak - initial) * t / warmupSteps;
    }
    return switch (schedule) {
      case COSINE ->
          last + (peak - last) * 0.5 * (1 + Math.cos(Math.PI * progress(t, warmupSteps)));
      case WSD ->
          peak + (last - peak) * progress(t, Math.max(warmupSteps, totalSteps - decaySteps));
    };
  }

  /** How far t is from a beginning to the end, 0 to 1. */
  private double progress(long t, long from) {
    return Math.clamp((double) (t - from) / Math.max(1, totalSteps - from), 0.0, 1.0);
  }
}
