package dev.sparkling.expander.widen;

import dev.sparkling.checkpoint.safetensors.DType;
import dev.sparkling.expander.plan.NewEntries;
import dev.sparkling.expander.plan.Sharing;
import dev.sparkling.expander.plan.TensorPlan;
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
  private final Elements elements;
  private final boolean exact;
  private final int columns;
  private final int newColumns;
  private final int elementBytes;
  private final float[] old;
  private final float[] row;
  private RowSums sums = RowSums.NONE;

  public RowCheck(TensorPlan plan, DType type) {
    this.plan = plan;
    this.elements = Elements.of(type);
    this.exact = type == DType.F32;
    this.columns = Math.toIntExact(plan.columns());
    this.newColumns = Math.toIntExact(plan.grownColumns());
    this.elementBytes = type.bytes();
    this.old = new float[columns];
    this.row = new float[newColumns];
  }

  /** Over all rows that were looked at. */
  public RowSums sums() {
    return sums;
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
    elements.load(target, offset, row, newColumns);
    double oldSum = 0;
    double oldSquares = 0;
    if (isOld) {
      elements.load(source, sourceOffset, old, columns);
      oldSum = sum(old);
      oldSquares = squares(old, columns);
      checkOld(newRow, source, sourceOffset, target, offset);
    }
    double newSquares = squares(row, newColumns);
    checkZeros(newRow, isOld);
    boolean zeroRow = !isOld && plan.newRows() == NewEntries.ZERO;
    sums =
        sums.plus(
            new RowSums(
                isOld ? 1 : 0,
                zeroRow ? 0 : 1,
                oldSum,
                oldSquares,
                newSquares,
                zeroRow ? 0 : mapped(newSquares)));
  }

  private void checkOld(
      long newRow, MemorySegment source, long sourceOffset, MemorySegment target, long offset) {
    if (!(plan.sharing() instanceof Sharing.None) || plan.factor() == TensorPlan.CLEARED) {
      return;
    }
    float factor = (float) plan.factor();
    if (factor == 1) {
      long bytes = (long) columns * elementBytes;
      if (MemorySegment.mismatch(
              source, sourceOffset, sourceOffset + bytes, target, offset, offset + bytes)
          >= 0) {
        throw wrong(newRow, "is not what it was");
      }
      return;
    }
    for (int i = 0; i < columns; i++) {
      float expected = old[i] * factor;
      float slack = exact ? 0 : Math.abs(expected) * HALF_PRECISION + Float.MIN_NORMAL;
      if (Math.abs(row[i] - expected) > slack) {
        throw wrong(newRow, "is not the factor times what it was");
      }
    }
  }

  private void checkZeros(long newRow, boolean isOld) {
    boolean cleared = plan.factor() == TensorPlan.CLEARED;
    int from = columns;
    if (cleared || (!isOld && plan.newRows() == NewEntries.ZERO)) {
      from = 0;
    } else if (plan.newColumns() != NewEntries.ZERO) {
      return;
    }
    for (int i = from; i < newColumns; i++) {
      if (row[i] != 0) {
        throw wrong(newRow, "is not zero where it must be");
      }
    }
  }

  private double mapped(double newSquares) {
    if (plan.newInputs() == null || newColumns == columns) {
      return newSquares;
    }
    return switch (plan.newInputs()) {
      case RANDOM -> newSquares;
      // The input's own mean square is columns/newColumns.
      case ZERO -> squares(row, columns) * newColumns / columns;
      case COPY -> {
        for (int i = columns; i < newColumns; i++) {
          row[i % columns] += row[i];
        }
        yield squares(row, columns);
      }
    };
  }

  private static double sum(float[] values) {
    double sum = 0;
    for (float value : values) {
      sum += value;
    }
    return sum;
  }

  /** Four sums at once, since each addition waits for the one before. */
  private static double squares(float[] values, int count) {
    double a = 0;
    double b = 0;
    double c = 0;
    double d = 0;
    int i = 0;
    for (; i + 3 < count; i += 4) {
      a += (double) values[i] * values[i];
      b += (double) values[i + 1] * values[i + 1];
      c += (double) values[i + 2] * values[i + 2];
      d += (double) values[i + 3] * values[i + 3];
    }
    for (; i < count; i++) {
      a += (double) values[i] * values[i];
    }
    return a + b + (c + d);
  }

  private IllegalStateException wrong(long row, String what) {
    return new IllegalStateException(plan.name() + ": row " + row + " " + what);
  }
}
