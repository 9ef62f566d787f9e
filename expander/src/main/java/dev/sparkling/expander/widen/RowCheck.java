package dev.sparkling.expander.widen;

import dev.sparkling.checkpoint.safetensors.DType;
import dev.sparkling.expander.plan.NewEntries;
import dev.sparkling.expander.plan.Sharing;
import dev.sparkling.expander.plan.TensorPlan;
import dev.sparkling.expander.plan.Widening;
import dev.sparkling.pipeline.error.CorruptCheckpoint;
import java.lang.foreign.MemorySegment;

/**
 * Checks widened rows against the plan, from their bytes alone: an old entry must be the factor
 * times its old value, bit for bit, and an entry that is zero by plan must be zero. It also
 * measures how a linear map scales its input: for independent inputs with mean square 1, {@code y =
 * W x} has {@code E[y_i^2] = sum_j w_ij^2}, where the weights of inputs that are copies of each
 * other are summed before they are squared.
 */
public final class RowCheck {

  private final String location;
  private final TensorPlan plan;
  private final Widening widening;
  private final Elements elements;
  private final int columns;
  private final int wideColumns;
  private final int elementBytes;

  /** Whether noise is added to old columns, so that they cannot be compared. */
  private final boolean isPerturbed;

  /** Whether the old columns keep their bytes. */
  private final boolean isUnchanged;

  /** Factor of each old column. */
  private final float[] oldFactors;

  private final float[] old;
  private final float[] row;
  private final MemorySegment zeros;

  // One sum per column, because the JIT vectorizes these but not a sum along a row.
  private final double[] oldSquares;
  private final double[] wideSquares;
  private final double[] mapped;
  private long oldRows;
  private long wideRows;

  /**
   * Prepares the check of a tensor's rows.
   *
   * @param location location of the new checkpoint, for messages
   */
  public RowCheck(String location, TensorPlan plan, DType type) {
    this.location = location;
    this.plan = plan;
    this.widening = plan.widening();
    this.elements = Elements.of(type);
    this.columns = Math.toIntExact(plan.columns());
    this.wideColumns = Math.toIntExact(plan.wideColumns());
    this.elementBytes = type.bytes();
    this.isPerturbed =
        widening.sharing() instanceof Sharing.Even(double deviation) && deviation > 0;
    this.isUnchanged = widening.sharing() instanceof Sharing.Whole && widening.factor() == 1;
    this.oldFactors = oldFactors();
    this.old = new float[columns];
    this.row = new float[wideColumns];
    this.zeros = MemorySegment.ofArray(new byte[Math.toIntExact(bytes(wideColumns))]);
    this.oldSquares = new double[columns];
    this.wideSquares = new double[wideColumns];
    this.mapped = new double[columns];
  }

  private float[] oldFactors() {
    float[] factors = new float[columns];
    for (int i = 0; i < columns; i++) {
      int copies = (wideColumns - i + columns - 1) / columns;
      factors[i] = (float) widening.sharing().share(0, copies) * (float) widening.factor();
    }
    return factors;
  }

  /** Returns the sums over all checked rows. */
  public RowSums sums() {
    double squares = sum(wideSquares);
    return new RowSums(
        oldRows,
        wideRows,
        sum(oldSquares),
        squares,
        hasIndependentInputs() ? squares : sum(mapped) * inputScale());
  }

  /**
   * Checks one row.
   *
   * @param source segment with the old row; unused for a new row
   * @throws CorruptCheckpoint if the row differs from the plan
   */
  public void check(
      long rowIndex, MemorySegment source, long sourceOffset, MemorySegment target, long offset) {
    boolean isOld = rowIndex < plan.rows();
    boolean isZero = !isOld && widening.newRows() == NewEntries.ZERO;
    boolean isCleared = widening.factor() == Widening.CLEARED;
    if (isOld) {
      oldRows++;
      elements.load(source, sourceOffset, old, columns);
      addSquares(old, columns, oldSquares);
    }
    if (!isZero) {
      wideRows++;
    }
    if (isZero || isCleared) {
      checkZeros(rowIndex, target, offset, 0);
      return;
    }
    int filled = wideColumns;
    if (widening.newColumns() == NewEntries.ZERO) {
      checkZeros(rowIndex, target, offset, columns);
      filled = columns;
    }
    elements.load(target, offset, row, filled);
    if (isOld) {
      checkOld(rowIndex, source, sourceOffset, target, offset);
    }
    addSquares(row, filled, wideSquares);
    addMapped(filled);
  }

  /** Compares the old columns of a row, after its old and new values were loaded. */
  private void checkOld(
      long rowIndex, MemorySegment source, long sourceOffset, MemorySegment target, long offset) {
    if (isPerturbed) {
      return;
    }
    int column = isUnchanged ? mismatch(source, sourceOffset, target, offset) : scaledMismatch();
    if (column >= 0) {
      throw new CorruptCheckpoint(
          "%s is %s; expected %s, the old value times %s"
              .formatted(entry(rowIndex, column), row[column], old[column], oldFactors[column]));
    }
  }

  /** Compares bytes, because floats may lose a NaN's payload. */
  private int mismatch(MemorySegment source, long sourceOffset, MemorySegment target, long offset) {
    long length = bytes(columns);
    long mismatch =
        MemorySegment.mismatch(
            source, sourceOffset, sourceOffset + length, target, offset, offset + length);
    return mismatch < 0 ? -1 : Math.toIntExact(mismatch / elementBytes);
  }

  /** Scales the old values in place, and compares their bits with the row's. */
  private int scaledMismatch() {
    for (int i = 0; i < columns; i++) {
      old[i] *= oldFactors[i];
    }
    elements.round(old, columns);
    int difference = 0; // The JIT vectorizes this, and not a loop that may end early.
    for (int i = 0; i < columns; i++) {
      difference |= Float.floatToRawIntBits(old[i]) ^ Float.floatToRawIntBits(row[i]);
    }
    if (difference == 0) {
      return -1;
    }
    int column = 0;
    while (Float.floatToRawIntBits(old[column]) == Float.floatToRawIntBits(row[column])) {
      column++;
    }
    return column;
  }

  private void checkZeros(long rowIndex, MemorySegment target, long offset, int from) {
    long length = bytes(wideColumns - from);
    long start = offset + bytes(from);
    long mismatch = MemorySegment.mismatch(target, start, start + length, zeros, 0, length);
    if (mismatch >= 0) {
      int column = from + Math.toIntExact(mismatch / elementBytes);
      elements.load(target, offset, row, wideColumns);
      throw new CorruptCheckpoint(
          "%s is %s; expected 0".formatted(entry(rowIndex, column), row[column]));
    }
  }

  private String entry(long rowIndex, int column) {
    return "%s: %s: row %d, column %d".formatted(location, plan.name(), rowIndex, column);
  }

  /** Whether the inputs are independent, so that the sum of the squared weights suffices. */
  private boolean hasIndependentInputs() {
    return widening.newInputs() == null
        || wideColumns == columns
        || widening.newInputs() == NewEntries.RANDOM;
  }

  /**
   * Compensates for new inputs of zeros, with which the mean square of all inputs is
   * columns/wideColumns, not 1.
   */
  private double inputScale() {
    return widening.newInputs() == NewEntries.ZERO ? (double) wideColumns / columns : 1;
  }

  private void addMapped(int filled) {
    if (hasIndependentInputs()) {
      return;
    }
    if (widening.newInputs() == NewEntries.COPY) {
      for (int done = columns; done < filled; done += columns) {
        int count = Math.min(columns, filled - done);
        for (int i = 0; i < count; i++) {
          row[i] += row[done + i];
        }
      }
    }
    addSquares(row, columns, mapped);
  }

  private static void addSquares(float[] values, int count, double[] sums) {
    for (int i = 0; i < count; i++) {
      double value = values[i];
      sums[i] += value * value;
    }
  }

  private static double sum(double[] values) {
    double sum = 0;
    for (double value : values) {
      sum += value;
    }
    return sum;
  }

  private long bytes(int count) {
    return (long) count * elementBytes;
  }
}
