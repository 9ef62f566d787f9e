package dev.sparkling.expander.widen;

import dev.sparkling.checkpoint.safetensors.DType;
import java.lang.foreign.MemorySegment;

/** Sums a tensor's entries for their {@link Distribution}, in the order in which they are read. */
public final class DistributionSums {

  private static final int CHUNK = 4096;

  private final Elements elements;
  private final int elementBytes;
  private final float[] values = new float[CHUNK];
  private double sum;
  private double squares;
  private long count;

  public DistributionSums(DType type) {
    this.elements = Elements.of(type);
    this.elementBytes = type.bytes();
  }

  /** Adds entries; the segment must end between two entries. */
  public void add(MemorySegment entries) {
    long all = entries.byteSize() / elementBytes;
    for (long done = 0; done < all; done += CHUNK) {
      int length = (int) Math.min(CHUNK, all - done);
      elements.load(entries, done * elementBytes, values, length);
      for (int i = 0; i < length; i++) {
        double value = values[i];
        sum += value;
        squares += value * value;
      }
    }
    count += all;
  }

  public Distribution distribution() {
    return Distribution.of(sum, squares, count);
  }
}
