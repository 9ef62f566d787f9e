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
 * Widens one tensor, row by row. A row depends only on the old tensor, the plan, the seed and the
 * row's index, so rows may be computed in any order and by any number of threads, each with its own
 * instance. The factor is rounded to a float, as in PyTorch's product of a tensor and a number.
 */
public final class TensorWidener {

  private final TensorPlan plan;
  private final Widening widening;
  private final Elements elements;
  private final int elementBytes;
  private final int columns;
  private final int wideColumns;
  private final float factor;
  private final Distribution distribution;
  private final TensorRandom random;
  private final float[] row;
  private final float[] added;
  private final float[] noise;
  private final short[] scratch;

  /**
   * Prepares the widening of a tensor.
   *
   * @param type F32, BF16 or F16
   * @param distribution distribution of the old entries; unused if nothing is drawn
   */
  public TensorWidener(TensorPlan plan, DType type, long seed, Distribution distribution) {
    this.plan = plan;
    this.widening = plan.widening();
    this.elements = Elements.of(type);
    this.elementBytes = type.bytes();
    this.columns = Math.toIntExact(plan.columns());
    this.wideColumns = Math.toIntExact(plan.wideColumns());
    this.factor = (float) widening.factor();
    this.distribution = distribution;
    // The stream differs from those of initial values and of other expansions of the same tensor.
    this.random = new TensorRandom(seed, plan.name() + " widened to " + plan.newShape());
    this.row = new float[wideColumns];
    this.added = new float[wideColumns - columns];
    this.noise = new float[widening.sharing() instanceof Sharing.Even ? wideColumns : 0];
    this.scratch = new short[wideColumns];
  }

  /**
   * Writes one row.
   *
   * @param source segment with the old row of the same index, or the one that a new row copies
   * @param sourceOffset offset of that old row in bytes
   */
  public void widen(
      long rowIndex, MemorySegment source, long sourceOffset, MemorySegment target, long offset) {
    if (widening.factor() == Widening.CLEARED
        || (rowIndex >= plan.rows() && widening.newRows() == NewEntries.ZERO)) {
      target.asSlice(offset, bytes(wideColumns)).fill((byte) 0);
    } else if (rowIndex >= plan.rows() && widening.newRows() == NewEntries.RANDOM) {
      draw(rowIndex, row);
      finish(rowIndex, target, offset);
    } else if (widening.sharing() instanceof Sharing.Whole) {
      copyOld(source, sourceOffset, target, offset);
      addColumns(rowIndex, target, offset);
    } else {
      elements.load(source, sourceOffset, row, columns);
      finish(rowIndex, target, offset);
    }
  }

  /** Writes the old columns, byte for byte if the factor is 1. */
  private void copyOld(MemorySegment source, long sourceOffset, MemorySegment target, long offset) {
    if (factor == 1) {
      MemorySegment.copy(source, sourceOffset, target, offset, bytes(columns));
    } else {
      elements.load(source, sourceOffset, row, columns);
      scale(row, columns, factor);
      elements.store(row, columns, scratch, target, offset);
    }
  }

  private void addColumns(long rowIndex, MemorySegment target, long offset) {
    switch (widening.newColumns()) {
      case ZERO -> target.asSlice(offset + bytes(columns), bytes(added.length)).fill((byte) 0);
      case COPY -> {
        for (int done = columns; done < wideColumns; done += columns) {
          int count = Math.min(columns, wideColumns - done);
          MemorySegment.copy(target, offset, target, offset + bytes(done), bytes(count));
        }
      }
      case RANDOM -> {
        draw(rowIndex, added);
        scale(added, added.length, factor);
        elements.store(added, added.length, scratch, target, offset + bytes(columns));
      }
    }
  }

  /** Completes and writes {@link #row}, whose old columns have been filled. */
  private void finish(long rowIndex, MemorySegment target, long offset) {
    switch (widening.newColumns()) {
      case COPY -> {
        for (int i = columns; i < wideColumns; i++) {
          row[i] = row[i - columns];
        }
        share(rowIndex);
      }
      case ZERO -> Arrays.fill(row, columns, wideColumns, 0);
      case RANDOM -> {
        // A random row was drawn in full.
      }
    }
    scale(row, wideColumns, factor);
    elements.store(row, wideColumns, scratch, target, offset);
  }

  /**
   * Scales each column by its share; the copies of column {@code j} are {@code j + columns} and so
   * on.
   */
  private void share(long rowIndex) {
    if (widening.sharing() instanceof Sharing.Whole) {
      return;
    }
    for (int i = 0; i < wideColumns; i++) {
      row[i] *= (float) widening.sharing().share(i / columns, copies(i % columns));
    }
    if (widening.sharing() instanceof Sharing.Even(double deviation) && deviation > 0) {
      perturb(rowIndex, deviation);
    }
  }

  private void perturb(long rowIndex, double deviation) {
    random.fillRow(rowIndex, noise, deviation * distribution.rootMeanSquare());
    for (int i = 0; i < wideColumns; i++) {
      int copy = i / columns;
      int copies = copies(i % columns);
      boolean isSecond = copy % 2 == 1;
      if (isSecond || copy + 1 < copies) {
        float difference = noise[isSecond ? i - columns : i] / copies;
        row[i] += isSecond ? -difference : difference;
      }
    }
  }

  private int copies(int column) {
    return (wideColumns - column + columns - 1) / columns;
  }

  private void draw(long rowIndex, float[] values) {
    random.fillRow(rowIndex, values, distribution.deviation());
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
