package dev.sparkling.expander.run;

import dev.sparkling.expander.plan.TensorPlan;
import dev.sparkling.pipeline.error.CorruptCheckpoint;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/**
 * Compares {@code RMS(y)/RMS(x)} of every widened matrix with what its factor should give (section
 * 3.2 of the paper). The factors assume that columns are statistically alike, which holds only
 * approximately for a trained model, so a deviation is a warning. Only a ratio that no model can
 * explain is an error.
 */
final class Verification {

  /** Tolerance for matrices that are copied evenly, which deviate only by rounding. */
  private static final double ROUNDING = 5e-3;

  /** Number of standard errors of the estimate that are allowed in addition to the tolerance. */
  private static final double DEVIATIONS = 4;

  /** Factor in either direction beyond which a matrix is considered wrong. */
  private static final double GROSS_FACTOR = 3;

  private static final int MAX_NAMED = 5;

  /**
   * A matrix that deviates.
   *
   * @param change ratio of {@code RMS(y)/RMS(x)} after and before, relative to the expected ratio
   */
  private record Deviation(String tensor, double change) {

    static Deviation of(TensorReport report, TensorPlan plan) {
      return new Deviation(
          report.name(), report.newRatio() / report.ratio() / plan.expectedRatio());
    }

    boolean isBeyond(double allowed) {
      return !(Math.abs(change - 1) <= allowed);
    }

    boolean isGross() {
      return !(change <= GROSS_FACTOR && change >= 1 / GROSS_FACTOR);
    }

    /**
     * Returns the distance from 1 on a logarithmic scale; infinite if the change is not a number.
     */
    double distance() {
      double distance = Math.abs(Math.log(change));
      return Double.isNaN(distance) ? Double.POSITIVE_INFINITY : distance;
    }

    @Override
    public String toString() {
      return String.format(Locale.ROOT, "%s by %.3f", tensor, change);
    }
  }

  private Verification() {}

  /**
   * Compares all matrices.
   *
   * @param location location of the checkpoint, for messages
   * @param tolerance tolerance for matrices that are not copied evenly
   * @return warnings, one sentence each
   * @throws CorruptCheckpoint if a ratio is not finite, or off by more than a factor of 3
   */
  static List<String> check(
      String location,
      Map<String, TensorPlan> plans,
      List<TensorReport> reports,
      double tolerance) {
    List<Deviation> deviations = new ArrayList<>();
    for (TensorReport report : reports) {
      TensorPlan plan = Objects.requireNonNull(plans.get(report.name()));
      if (report.ratio() != 0) {
        Deviation deviation = Deviation.of(report, plan);
        if (deviation.isBeyond(allowed(plan, tolerance))) {
          deviations.add(deviation);
        }
      }
    }
    List<Deviation> gross = deviations.stream().filter(Deviation::isGross).toList();
    if (!gross.isEmpty()) {
      throw new CorruptCheckpoint(
          "%s: RMS(y)/RMS(x) of %d widened matrices changes by more than a factor of %.0f: %s"
              .formatted(location, gross.size(), GROSS_FACTOR, list(gross)));
    }
    return deviations.isEmpty()
        ? List.of()
        : List.of(
            "RMS(y)/RMS(x) of %d widened matrices changes by a factor outside of the tolerance of %s: %s"
                .formatted(deviations.size(), tolerance, list(deviations)));
  }

  private static double allowed(TensorPlan plan, double tolerance) {
    return plan.isCopiedEvenly()
        ? ROUNDING
        : tolerance + DEVIATIONS / Math.sqrt(2.0 * plan.rows() * plan.columns());
  }

  /** Lists the largest deviations. */
  private static String list(List<Deviation> deviations) {
    String worst =
        deviations.stream()
            .sorted(Comparator.comparingDouble(Deviation::distance).reversed())
            .limit(MAX_NAMED)
            .map(Deviation::toString)
            .collect(Collectors.joining(", "));
    int more = deviations.size() - MAX_NAMED;
    return more > 0 ? worst + " and " + more + " more" : worst;
  }
}
