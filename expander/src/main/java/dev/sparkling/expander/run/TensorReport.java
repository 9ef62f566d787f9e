package dev.sparkling.expander.run;

import dev.sparkling.expander.plan.NewEntries;
import dev.sparkling.expander.plan.TensorPlan;
import dev.sparkling.expander.plan.Widening;
import dev.sparkling.expander.widen.RowSums;
import java.util.List;

/**
 * The report of one tensor.
 *
 * @param rms root mean square of its entries before
 * @param newRms root mean square of its entries after
 * @param ratio {@code RMS(y)/RMS(x)} of {@code y = W x} before, for independent inputs; 0 for a
 *     tensor that is not a linear map
 * @param newRatio the ratio after, for inputs that are widened by the same expansion
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

  public TensorReport {
    shape = List.copyOf(shape);
    newShape = List.copyOf(newShape);
  }

  /** Creates the report of a tensor that is not widened yet. */
  static TensorReport planned(TensorPlan plan) {
    return of(plan, 0, 0, 0, 0);
  }

  /** Creates the report of a widened tensor. */
  static TensorReport of(TensorPlan plan, RowSums sums) {
    boolean isLinear = plan.widening().newInputs() != null;
    return of(
        plan,
        Math.sqrt(sums.oldSquares() / (plan.rows() * plan.columns())),
        Math.sqrt(sums.wideSquares() / (plan.wideRows() * plan.wideColumns())),
        isLinear ? Math.sqrt(sums.oldSquares() / plan.rows()) : 0,
        isLinear ? Math.sqrt(sums.mapped() / sums.wideRows()) : 0);
  }

  private static TensorReport of(
      TensorPlan plan, double rms, double newRms, double ratio, double newRatio) {
    Widening widening = plan.widening();
    return new TensorReport(
        plan.name(),
        plan.shape(),
        plan.newShape(),
        widening.newRows(),
        widening.newColumns(),
        widening.factor(),
        rms,
        newRms,
        ratio,
        newRatio);
  }
}
