package dev.sparkling.expander.widen;

import dev.sparkling.checkpoint.random.TensorRandom;
import dev.sparkling.checkpoint.safetensors.DType;
import dev.sparkling.expander.plan.NewEntries;
import dev.sparkling.expander.plan.Sharing;
import dev.sparkling.expander.plan.TensorPlan;
import dev.sparkling.expander.plan.Widening;

/** The definition of a widened tensor, one entry at a time, on floats. */
final class ReferenceWidener {

  private final TensorPlan plan;
  private final float[] old;
  private final DType type;
  private final TensorRandom random;
  private final double mean;
  private final double deviation;
  private final int rows;
  private final int columns;
  private final int newColumns;

  ReferenceWidener(TensorPlan plan, float[] old, DType type, long seed) {
    this.plan = plan;
    this.old = old;
    this.type = type;
    this.random = new TensorRandom(seed, plan.name() + " widened to " + plan.newShape());
    this.rows = (int) plan.rows();
    this.columns = (int) plan.columns();
    this.newColumns = (int) plan.wideColumns();
    double sum = 0;
    double squares = 0;
    for (float value : old) {
      sum += value;
      squares += (double) value * value;
    }
    this.mean = sum / old.length;
    this.deviation = Math.sqrt(Math.max(0, squares / old.length - mean * mean));
  }

  float entry(int row, int column) {
    return plan.widening().factor() == Widening.CLEARED
        ? 0
        : rounded(unscaled(row, column) * (float) plan.widening().factor());
  }

  private float unscaled(int row, int column) {
    boolean isNewRow = row >= rows;
    boolean isNewColumn = column >= columns;
    if (isNewRow && plan.widening().newRows() == NewEntries.ZERO) {
      return 0;
    }
    if (isNewColumn && plan.widening().newColumns() == NewEntries.ZERO) {
      return 0;
    }
    boolean randomRow = isNewRow && plan.widening().newRows() == NewEntries.RANDOM;
    if (isNewColumn && plan.widening().newColumns() == NewEntries.RANDOM) {
      return randomRow
          ? drawn(row, newColumns, column)
          : drawn(row, newColumns - columns, column - columns);
    }
    int from = column % columns;
    float value = randomRow ? drawn(row, newColumns, from) : old[row % rows * columns + from];
    return shared(row, column, value);
  }

  private float shared(int row, int column, float value) {
    int copy = column / columns;
    int copies = 0;
    for (int i = column % columns; i < newColumns; i += columns) {
      copies++;
    }
    return switch (plan.widening().sharing()) {
      case Sharing.Whole _ -> value;
      case Sharing.Uneven(double share) -> {
        if (copies == 1) {
          yield value;
        }
        yield value * (float) (copy == 0 ? share : (1 - share) / (copies - 1));
      }
      case Sharing.Even(double noise) -> {
        float part = value * (float) (1.0 / copies);
        boolean inPair = copy % 2 == 1 || copy + 1 < copies;
        if (noise == 0 || !inPair) {
          yield part;
        }
        float[] apart = new float[newColumns];
        random.fillRow(row, apart, noise * Math.sqrt(mean * mean + deviation * deviation));
        yield copy % 2 == 0
            ? part + apart[column] / copies
            : part - apart[column - columns] / copies;
      }
    };
  }

  private float drawn(int row, int count, int index) {
    float[] values = new float[count];
    random.fillRow(row, values, deviation);
    return values[index] + (float) mean;
  }

  private float rounded(float value) {
    return switch (type) {
      case F32 -> value;
      case F16 -> Float.float16ToFloat(Float.floatToFloat16(value));
      case BF16 -> nearestBrainFloat(value);
      default -> throw new IllegalArgumentException(type.name());
    };
  }

  /** Returns the nearer of the two neighbors, or the one with an even last bit. */
  private static float nearestBrainFloat(float value) {
    int bits = Float.floatToRawIntBits(value);
    float below = Float.intBitsToFloat(bits & 0xffff0000);
    float above = Float.intBitsToFloat((bits & 0xffff0000) + 0x10000);
    double toBelow = Math.abs((double) value - below);
    double toAbove = Math.abs((double) above - value);
    if (toBelow == toAbove) {
      return (bits & 0x10000) == 0 ? below : above;
    }
    return toBelow < toAbove ? below : above;
  }
}
