package dev.sparkling.trainer.schedule;

import dev.sparkling.pipeline.spec.training.LearningRateSchedule;

/**
 * A learning-rate curve, {@code f(t; Tw, T, eta0, eta_max, eta_min)} of Eq. 25: linear from {@code
 * eta0} to {@code eta_max} over {@code Tw} steps, then a cosine to {@code eta_min} at {@code T}.
 * WSD (warm-up, stable, decay) stays at {@code eta_max} and falls linearly over the last steps. If
 * the warm-up ends within those steps, the decay starts there and is steeper. The curve of an
 * expansion within those steps starts at an {@code eta0} that has already decayed. The curve is
 * always continuous.
 *
 * @param begin step at which t is 0
 * @param warmupSteps {@code Tw}
 * @param totalSteps {@code T}, counted from {@code begin}
 * @param initial {@code eta0}
 * @param peak {@code eta_max}
 * @param last {@code eta_min}
 * @param schedule shape after the warm-up
 * @param decaySteps number of last steps over which WSD falls
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

  /** Returns the rate at an optimizer step, counted from 1. */
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

  /** Returns the position of t between {@code from} and the end, 0 to 1. */
  private double progress(long t, long from) {
    return Math.clamp((double) (t - from) / Math.max(1, totalSteps - from), 0.0, 1.0);
  }
}
