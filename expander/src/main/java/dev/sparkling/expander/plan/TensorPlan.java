package dev.sparkling.expander.plan;

import java.util.List;

/**
 * The plan of one tensor. A vector is a matrix with one row.
 *
 * @param shape shape before the expansion, {@code [rows, columns]} or {@code [columns]}
 * @param newShape shape after the expansion, with the same number of axes
 */
public record TensorPlan(String name, List<Long> shape, List<Long> newShape, Widening widening) {

  public TensorPlan {
    shape = List.copyOf(shape);
    newShape = List.copyOf(newShape);
  }

  public long rows() {
    return shape.size() == 1 ? 1 : shape.getFirst();
  }

  public long columns() {
    return shape.getLast();
  }

  public long wideRows() {
    return newShape.size() == 1 ? 1 : newShape.getFirst();
  }

  public long wideColumns() {
    return newShape.getLast();
  }

  /** Whether every entry is a copy and all old entries have the same number of copies. */
  public boolean isCopiedEvenly() {
    return widening.isCopied() && wideRows() % rows() == 0 && wideColumns() % columns() == 0;
  }

  /**
   * Whether random entries or noise are drawn, for which the old tensor's distribution is needed.
   */
  public boolean needsDistribution() {
    return drawsEntries()
        || (widening.sharing() instanceof Sharing.Even(double deviation) && deviation > 0);
  }

  private boolean drawsEntries() {
    return (wideRows() > rows() && widening.newRows() == NewEntries.RANDOM)
        || (wideColumns() > columns() && widening.newColumns() == NewEntries.RANDOM);
  }

  /**
   * Returns the expected {@code RMS(y)/RMS(x)} of {@code y = W x} after the expansion, relative to
   * that before: 1, unless one side is zero.
   *
   * <p>If the new columns are zero and the new inputs are not, the factor is chosen as if both were
   * random (App. B), and the output shrinks by it. If the new inputs are zero, {@code RMS(x)}
   * shrinks by {@code sqrt(columns/newColumns)}, and the output by the factor.
   */
  public double expectedRatio() {
    if (widening.newInputs() == NewEntries.ZERO) {
      return widening.factor() * Math.sqrt((double) wideColumns() / columns());
    }
    boolean ignoresInputs = widening.newColumns() == NewEntries.ZERO;
    return ignoresInputs && wideColumns() > columns() ? widening.factor() : 1;
  }
}
