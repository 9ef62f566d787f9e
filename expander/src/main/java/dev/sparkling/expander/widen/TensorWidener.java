package dev.sparkling.expander.widen;

import dev.sparkling.checkpoint.random.TensorRandom;
import dev.sparkling.checkpoint.safetensors.DType;
import dev.sparkling.expander.plan.NewEntries;
import dev.sparkling.expander.plan.Sharing;
import dev.sparkling.expander.plan.TensorPlan;
import dev.sparkling.expander.plan.Widening;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Widens one tensor, row by row. A row depends on the seed, the tensor's name and new shape and the
 * row's number only, so that rows may be made in any order and by any number of threads, each with
 * an instance of its own. The factor is rounded to a float, as PyTorch does when it multiplies a
 * tensor by a number.
 */
public final class TensorWidener {

  private final TensorPlan plan;
  private final Widening widening;
  private final Elements elements;
  private final int elementBytes;
  private final int columns;
  private final int newColumns;
  private final float factor;
  private final Distribution distribution;
  private final TensorRandom random;
  private final float[] row;
  private final float[] added;
  private final float[] noise;
  private final short[] scratch;

  /**
   * Prepares to widen.
   *
   * @param type F32, BF16 or F16
   * @param distribution of the old entries; only looked at where something is drawn
   */
  public TensorWidener(TensorPlan plan, DType type, long seed, Distribution distribution) {
    this.plan = plan;
    this.widening = plan.widening();
    this.elements = Elements.of(type);
    this.elementBytes = type.bytes();
    this.columns = Math.toIntExact(plan.columns());
    this.newColumns = Math.toIntExact(plan.grownColumns());
    this.factor = (float) widening.factor();
    this.distribution = distribution;
    // Another expansion of the same tensor, or its first values, must not draw the same numbers.
    this.random = new TensorRandom(seed, plan.name() + " widened to " + plan.newShape());
    this.row = new float[newColumns];
    this.added = new float[newColumns - columns];
    this.noise = new float[widening.sharing() instanceof Sharing.Even ? newColumns : 0];
    this.scratch = new short[newColumns];
  }

  /**
   * Makes one row.
   *
   * @param source holds the old row of the same number, or the one that a new row copies
   * @param sourceOffset of that old row in bytes
   */
  public void widen(
      long newRow, MemorySegment source, long sourceOffset, MemorySegment target, long offset) {
    if (widening.factor() == Widening.CLEARED
        || (newRow >= plan.rows() && widening.newRows() == NewEntries.ZERO)) {
      target.asSlice(offset, bytes(newColumns)).fill((byte) 0);
    } else if (newRow >= plan.rows() && widening.newRows() == NewEntries.RANDOM) {
      draw(newRow, row);
      finish(newRow, target, offset);
    } else if (widening.sharing() instanceof Sharing.None) {
      copyOld(source, sourceOffset, target, offset);
      addColumns(newRow, target, offset);
    } else {
      elements.load(source, sourceOffset, row, columns);
      finish(newRow, target, offset);
    }
  }

  /** The old columns; byte for byte where they keep their values. */
  private void copyOld(MemorySegment source, long sourceOffset, MemorySegment target, long offset) {
    if (factor == 1) {
      MemorySegment.copy(source, sourceOffset, target, offset, bytes(columns));
    } else {
      elements.load(source, sourceOffset, row, columns);
      scale(row, columns, factor);
      elements.store(row, columns, scratch, target, offset);
    }
  }

  private void addColumns(long newRow, MemorySegment target, long offset) {
    switch (widening.newColumns()) {
      case ZERO -> target.asSlice(offset + bytes(columns), bytes(added.length)).fill((byte) 0);
      case COPY -> {
        for (int done = columns; done < newColumns; done += columns) {
          int count = Math.min(columns, newColumns - done);
          MemorySegment.copy(target, offset, target, offset + bytes(done), bytes(count));
        }
      }
      case RANDOM -> {
        draw(newRow, added);
        scale(added, added.length, factor);
        elements.store(added, added.length, scratch, target, offset + bytes(columns));
      }
    }
  }

  /** Of {@link #row}, whose old columns are there. */
  private void finish(long newRow, MemorySegment target, long offset) {
    switch (widening.newColumns()) {
      case COPY -> {
        for (int i = columns; i < newColumns; i++) {
          row[i] = row[i - columns];
        }
        share(newRow);
      }
      case ZERO -> Arrays.fill(row, columns, newColumns, 0);
      case RANDOM -> {
        // A random row is random all along.
      }
    }
    scale(row, newColumns, factor);
    elements.store(row, newColumns, scratch, target, offset);
  }

  /** Copies of column {@code j} stand at {@code j}, {@code j + columns} and so on. */
  private void share(long newRow) {
    if (widening.sharing() instanceof Sharing.None) {
      return;
    }
    for (int i = 0; i < newColumns; i++) {
      row[i] *= (float) widening.sharing().share(i / columns, copies(i % columns));
    }
    if (widening.sharing() instanceof Sharing.Even(double deviation) && deviation > 0) {
      perturb(newRow, deviation);
    }
  }

  private void perturb(long newRow, double deviation) {
    random.fillRow(newRow, noise, deviation * distribution.rootMeanSquare());
    for (int i = 0; i < newColumns; i++) {
      int copy = i / columns;
      int copies = copies(i % columns);
      boolean second = copy % 2 == 1;
      if (second || copy + 1 < copies) {
        float apart = noise[second ? i - columns : i] / copies;
        row[i] += second ? -apart : apart;
      }
    }
  }

  private int copies(int column) {
    return (newColumns - column + columns - 1) / columns;
  }

  private void draw(long newRow, float[] values) {
    random.fillRow(newRow, values, distribution.deviation());
    float mean = (float) distribution.mean();
    for (int i = 0; i < values.length; i++) {
      values[i] += mean;
    }
  }

  private static void scale(float[] values, int count, float factor) {
    if (factor != 1) {
      for (int i = 0; i < count; i++) {
        values[i] *= factor;
      }
    }
  }

  private long bytes(int count) {
    return (long) count * elementBytes;
  }
}
