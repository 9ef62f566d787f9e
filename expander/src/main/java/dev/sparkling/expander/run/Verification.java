package dev.sparkling.expander.run;

import dev.sparkling.expander.plan.TensorPlan;
import dev.sparkling.pipeline.error.CorruptCheckpoint;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/**
 * Whether every widened matrix keeps the size of what goes through it (paper section 3.2), as far
 * as its entries are what the factors take them for: alike in all columns. A factor that is wrong
 * shows at once; a matrix whose columns differ much shows, too, and is worth a look.
 */
final class Verification {

  /** Of a matrix whose entries are copied a whole number of times, which is exact but rounding. */
  private static final double ROUNDING = 5e-3;

  /** Deviations that a measure over so many random entries may be off. */
  private static final double DEVIATIONS = 4;

  private static final int MOST_NAMED = 5;

  private Verification() {}

  /**
   * Checks all tensors.
   *
   * @param tolerance of matrices whose columns are not copied a whole number of times
   * @throws CorruptCheckpoint naming those that are off
   */
  static void check(
      String location,
      Map<String, TensorPlan> plans,
      List<TensorReport> reports,
      double tolerance) {
    List<String> wrong = new ArrayList<>();
    for (TensorReport report : reports) {
      TensorPlan plan = Objects.requireNonNull(plans.get(report.name()));
      if (report.ratio() == 0) {
        continue;
      }
      double change = report.newRatio() / report.ratio() / plan.expectedRatio();
      double allowed = allowed(plan, tolerance);
      if (!(Math.abs(change - 1) <= allowed)) {
        wrong.add(
            String.format(
                Locale.ROOT,
                "%s changes RMS(y)/RMS(x) by the factor %.3f; within %.3f of 1 is allowed",
                report.name(),
                change,
                allowed));
      }
    }
    if (!wrong.isEmpty()) {
      throw new CorruptCheckpoint(
          location
              + ": "
              + wrong.size()
              + " widened tensors do not keep the size of what goes through them: "
              + String.join(", ", wrong.subList(0, Math.min(MOST_NAMED, wrong.size()))));
    }
  }

  private static double allowed(TensorPlan plan, double tolerance) {
    return plan.isCopiedWholly()
        ? ROUNDING
        : tolerance + DEVIATIONS / Math.sqrt(2.0 * plan.rows() * plan.columns());
  }
}
