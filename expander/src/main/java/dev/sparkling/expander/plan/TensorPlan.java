package dev.sparkling.expander.plan;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What happens to one tensor. First its rows grow, then the columns of all rows, then every entry
 * is multiplied. A vector is a matrix of one row.
 *
 * @param newRows of the rows that are appended below
 * @param newColumns of the columns that are appended to the right, of old and new rows alike
 * @param factor on every entry of the new tensor, old and new
 * @param sharing how a column and its copies share what they carried; only where columns are copied
 * @param newInputs what the new columns' inputs are; null for a tensor that is no linear map
 */
public record TensorPlan(
    String name,
    List<Long> shape,
    List<Long> newShape,
    NewEntries newRows,
    NewEntries newColumns,
    double factor,
    Sharing sharing,
    @Nullable NewEntries newInputs) {

  /** A factor that leaves nothing of the old entries, not even what is not finite. */
  public static final double CLEARED = 0;

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

  public long grownRows() {
    return newShape.size() == 1 ? 1 : newShape.getFirst();
  }

  public long grownColumns() {
    return newShape.getLast();
  }

  /** Whether nothing new is drawn or zero. */
  public boolean isCopied() {
    return newRows == NewEntries.COPY && newColumns == NewEntries.COPY;
  }

  private boolean isRandom() {
    return (grownRows() > rows() && newRows == NewEntries.RANDOM)
        || (grownColumns() > columns() && newColumns == NewEntries.RANDOM);
  }

  /** Whether what is drawn depends on the old tensor, which must then be known first. */
  public boolean needsDistribution() {
    return isRandom() || (sharing instanceof Sharing.Even(double deviation) && deviation > 0);
  }

  /**
   * What becomes of {@code RMS(y)/RMS(x)} of {@code y = W x}, in expectation. Everything keeps it,
   * but new columns of zeros that meet inputs which are not: the factor is then as if both were
   * random (App. B), and the output shrinks by it.
   */
  public double expectedRatio() {
    boolean unread = newColumns == NewEntries.ZERO && newInputs != NewEntries.ZERO;
    return unread && grownColumns() > columns() ? factor : 1;
  }
}
