package dev.sparkling.expander.widen;

import dev.sparkling.expander.plan.NewEntries;
import dev.sparkling.expander.plan.TensorPlan;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.List;

/** Widens one tensor of 32-bit floats. A vector is a matrix of one row. */
public final class Widener {

  /** Safetensors' byte order; the data of a header of odd length is not aligned to 4 bytes. */
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private Widener() {}

  /**
   * Fills {@code target}, which has the plan's new shape, from {@code source}, which has its shape.
   * The factor is rounded to a float, as PyTorch does when it multiplies a tensor by a number.
   */
  public static void widen(TensorPlan plan, MemorySegment source, MemorySegment target) {
    long rows = rows(plan.shape());
    long columns = columns(plan.shape());
    long newRows = rows(plan.newShape());
    long newColumns = columns(plan.newShape());
    float[] row = new float[Math.toIntExact(newColumns)];
    for (long newRow = 0; newRow < newRows; newRow++) {
      long targetOffset = newRow * newColumns * Float.BYTES;
      if (newRow >= rows && plan.newEntries() == NewEntries.ZERO) {
        target.asSlice(targetOffset, newColumns * Float.BYTES).fill((byte) 0);
        continue;
      }
      long sourceOffset = newRow % rows * columns * Float.BYTES;
      MemorySegment.copy(source, FLOAT, sourceOffset, row, 0, (int) columns);
      scale(row, (int) columns, (float) plan.factor());
      fillNewColumns(row, (int) columns, plan.newEntries());
      MemorySegment.copy(row, 0, target, FLOAT, targetOffset, row.length);
    }
  }

  private static void scale(float[] row, int count, float factor) {
    if (factor != 1) {
      for (int i = 0; i < count; i++) {
        row[i] *= factor;
      }
    }
  }

  private static void fillNewColumns(float[] row, int columns, NewEntries newEntries) {
    for (int done = columns; done < row.length; done += columns) {
      int count = Math.min(columns, row.length - done);
      switch (newEntries) {
        case COPY -> System.arraycopy(row, 0, row, done, count);
        case ZERO -> java.util.Arrays.fill(row, done, done + count, 0);
      }
    }
  }

  private static long rows(List<Long> shape) {
    return shape.size() == 1 ? 1 : shape.get(0);
  }

  private static long columns(List<Long> shape) {
    return shape.getLast();
  }
}
