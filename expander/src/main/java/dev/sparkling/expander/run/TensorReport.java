package dev.sparkling.expander.run;

import dev.sparkling.expander.plan.NewEntries;
import dev.sparkling.expander.plan.TensorPlan;
import dev.sparkling.expander.widen.RowSums;
import java.util.List;

/**
 * What was done to one tensor.
 *
 * @param rms root mean square of its entries before
 * @param newRms of all its entries after
 * @param ratio {@code RMS(y)/RMS(x)} of {@code y = W x} before, for independent inputs; 0 for a
 *     tensor that is no linear map
 * @param newRatio the same after, for inputs that widened as the expansion widens them
 */
public record TensorReport(
    String name,
    List<Long> shape,
    List<Long> newShape,
    NewEntries newRows,
    NewEntries newColumns,
    double factor,
    double rms,
    double newRms,
    double ratio,
    double newRatio) {

  /** Of a tensor that was not widened yet. */
  static TensorReport planned(TensorPlan plan) {
    return of(plan, 0, 0, 0, 0);
  }

  static TensorReport of(TensorPlan plan, RowSums sums) {
    boolean linear = plan.widening().newInputs() != null;
    return of(
        plan,
        Math.sqrt(sums.oldSquares() / (plan.rows() * plan.columns())),
        Math.sqrt(sums.newSquares() / (plan.grownRows() * plan.grownColumns())),
        linear ? Math.sqrt(sums.oldSquares() / plan.rows()) : 0,
        linear ? Math.sqrt(sums.mapped() / sums.newRows()) : 0);
  }

  private static TensorReport of(
      TensorPlan plan, double rms, double newRms, double ratio, double newRatio) {
    return new TensorReport(
        plan.name(),
        plan.shape(),
        plan.newShape(),
        plan.widening().newRows(),
        plan.widening().newColumns(),
        plan.widening().factor(),
        rms,
        newRms,
        ratio,
        newRatio);
  }
}
