package dev.sparkling.trainer.schedule;

/**
 * {@code f(t; Tw, T, eta0, eta_max, eta_min)} of Eq. 25: linear from {@code eta0} to {@code
 * eta_max} over {@code Tw} steps, then a cosine to {@code eta_min} at {@code T}.
 *
 * @param begin step at which t is 0
 * @param warmupSteps {@code Tw}
 * @param totalSteps {@code T}, counted from {@code begin}
 * @param initial {@code eta0}
 * @param peak {@code eta_max}
 * @param last {@code eta_min}
 */
public record Curve(
    long begin, long warmupSteps, long totalSteps, double initial, double peak, double last) {

  /** The rate of the optimizer step that ends with {@code step} steps done; the first one is 1. */
  public double rate(long step) {
    long t = step - begin;
    if (t < warmupSteps) {
      return initial + (peak - initial) * t / warmupSteps;
    }
    double progress = (double) (t - warmupSteps) / Math.max(1, totalSteps - warmupSteps);
    return last + (peak - last) * 0.5 * (1 + Math.cos(Math.PI * Math.min(1, progress)));
  }
}
