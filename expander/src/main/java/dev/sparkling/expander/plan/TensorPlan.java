package dev.sparkling.expander.plan;

import java.util.List;

/**
 * What happens to one tensor. A vector is a matrix of one row.
 *
 * @param shape before, {@code [rows, columns]} or {@code [columns]}
 * @param newShape after, of as many axes
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

  /** Whether every entry is a copy and every old one has the same number of copies. */
  public boolean isCopiedEvenly() {
    return widening.isCopied() && wideRows() % rows() == 0 && wideColumns() % columns() == 0;
  }

  /** Whether what is drawn depends on the old tensor's distribution, which must be known first. */
  public boolean needsDistribution() {
    return drawsEntries()
        || (widening.sharing() instanceof Sharing.Even(double deviation) && deviation > 0);
  }

  private boolean drawsEntries() {
    return (wideRows() > rows() && widening.newRows() == NewEntries.RANDOM)
        || (wideColumns() > columns() && widening.newColumns() == NewEntries.RANDOM);
  }

  /**
   * {@code RMS(y)/RMS(x)} of {@code y = W x} after the expansion over that before, in expectation:
   * 1, except where one side is zero.
   *
   * <p>New columns of zeros that meet other inputs: the factor is as if both were random (App. B),
   * and the output shrinks by it. New inputs of zeros: {@code RMS(x)} falls by {@code
   * sqrt(columns/newColumns)}, and the output by the factor.
   */
  public double expectedRatio() {
    if (widening.newInputs() == NewEntries.ZERO) {
      return widening.factor() * Math.sqrt((double) wideColumns() / columns());
    }
    boolean ignoresInputs = widening.newColumns() == NewEntries.ZERO;
    return ignoresInputs && wideColumns() > columns() ? widening.factor() : 1;
  }
}
