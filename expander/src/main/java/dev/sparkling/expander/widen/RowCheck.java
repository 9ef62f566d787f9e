package dev.sparkling.expander.widen;

import dev.sparkling.checkpoint.safetensors.DType;
import dev.sparkling.expander.plan.NewEntries;
import dev.sparkling.expander.plan.Sharing;
import dev.sparkling.expander.plan.TensorPlan;
import dev.sparkling.expander.plan.Widening;
import java.lang.foreign.MemorySegment;

/**
 * Looks at rows after they were widened, from their bytes and the plan alone: what is old must be
 * the factor times itself, what is to be zero must be zero, and what a linear map does to the size
 * of its input is measured. Source of the measure: {@code y = W x} with independent inputs of
 * square 1 has {@code E[y_i^2] = sum_j w_ij^2}; inputs that are copies of each other add up first.
 */
public final class RowCheck {

  /** Half a unit in the last place of BF16, which is larger than F16's. */
  private static final float HALF_PRECISION = 0x1p-8f;

  private final TensorPlan plan;
  private final Widening widening;
  private final Elements elements;
  private final boolean exact;
  private final int columns;
  private final int newColumns;
  private final int elementBytes;
  private final float[] old;
  private final float[] row;
  private final MemorySegment zeros;

  // Sums of each column: unlike a sum along a row, they are added up several at once.
  private final double[] oldSums;
  private final double[] oldSquares;
  private final double[] newSquares;
  private final double[] mapped;
  private long oldRows;
  private long newRows;

  public RowCheck(TensorPlan plan, DType type) {
    this.plan = plan;
    this.widening = plan.widening();
    this.elements = Elements.of(type);
    this.exact = type == DType.F32;
    this.columns = Math.toIntExact(plan.columns());
    this.newColumns = Math.toIntExact(plan.grownColumns());
    this.elementBytes = type.bytes();
    this.old = new float[columns];
    this.row = new float[newColumns];
    this.zeros = MemorySegment.ofArray(new byte[Math.toIntExact(bytes(newColumns))]);
    this.oldSums = new double[columns];
    this.oldSquares = new double[columns];
    this.newSquares = new double[newColumns];
    this.mapped = new double[columns];
  }

  /** Over all rows that were looked at. */
  public RowSums sums() {
    double squares = sum(newSquares);
    return new RowSums(
        oldRows,
        newRows,
        sum(oldSums),
        sum(oldSquares),
        squares,
        isMappedAlike() ? squares : sum(mapped) * inputScale());
  }

  /**
   * Looks at one row.
   *
   * @param source holds the old row, where the new row is one of the old ones
   * @throws IllegalStateException where the row is not what the plan says
   */
  public void look(
      long newRow, MemorySegment source, long sourceOffset, MemorySegment target, long offset) {
    boolean isOld = newRow < plan.rows();
    boolean zeroRow = !isOld && widening.newRows() == NewEntries.ZERO;
    boolean cleared = widening.factor() == Widening.CLEARED;
    if (isOld) {
      oldRows++;
      elements.load(source, sourceOffset, old, columns);
      add(old, oldSums);
      addSquares(old, columns, oldSquares);
    }
    if (!zeroRow) {
      newRows++;
    }
    if (zeroRow || cleared) {
      checkZeros(newRow, target, offset, 0);
      return;
    }
    int filled = newColumns;
    if (widening.newColumns() == NewEntries.ZERO) {
      checkZeros(newRow, target, offset, columns);
      filled = columns;
    }
    elements.load(target, offset, row, filled);
    if (isOld) {
      checkOld(newRow, source, sourceOffset, target, offset);
    }
    addSquares(row, filled, newSquares);
    addMapped(filled);
  }

  private void checkOld(
      long newRow, MemorySegment source, long sourceOffset, MemorySegment target, long offset) {
    if (!(widening.sharing() instanceof Sharing.None)) {
      return;
    }
    float factor = (float) widening.factor();
    if (factor == 1) {
      if (MemorySegment.mismatch(
              source,
              sourceOffset,
              sourceOffset + bytes(columns),
              target,
              offset,
              offset + bytes(columns))
          >= 0) {
        throw wrong(newRow, "is not what it was");
      }
      return;
    }
    float relative = exact ? 0 : HALF_PRECISION;
    float absolute = exact ? 0 : Float.MIN_NORMAL;
    float worst = 0;
    for (int i = 0; i < columns; i++) {
      float expected = old[i] * factor;
      float slack = Math.abs(expected) * relative + absolute;
      // Not-a-number stays what it is, and is told of where the sums are looked at.
      worst = Math.max(worst, Math.abs(row[i] - expected) - slack);
    }
    if (worst > 0) {
      throw wrong(newRow, "is not the factor times what it was");
    }
  }

  private void checkZeros(long newRow, MemorySegment target, long offset, int from) {
    long length = bytes(newColumns - from);
    long begin = offset + bytes(from);
    if (MemorySegment.mismatch(target, begin, begin + length, zeros, 0, length) >= 0) {
      throw wrong(newRow, "is not zero where it must be");
    }
  }

  /** Whether inputs are independent, so that squares of the weights say all. */
  private boolean isMappedAlike() {
    return widening.newInputs() == null
        || newColumns == columns
        || widening.newInputs() == NewEntries.RANDOM;
  }

  /** Inputs that zeros were added to have a mean square of columns/newColumns; the rest has 1. */
  private double inputScale() {
    return widening.newInputs() == NewEntries.ZERO ? (double) newColumns / columns : 1;
  }

  private void addMapped(int filled) {
    if (isMappedAlike()) {
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

  private static void add(float[] values, double[] sums) {
    for (int i = 0; i < values.length; i++) {
      sums[i] += values[i];
    }
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

  private IllegalStateException wrong(long row, String what) {
    return new IllegalStateException(plan.name() + ": row " + row + " " + what);
  }
}
