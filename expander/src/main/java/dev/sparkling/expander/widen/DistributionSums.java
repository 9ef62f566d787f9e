package dev.sparkling.expander.widen;

import dev.sparkling.checkpoint.safetensors.DType;
import java.lang.foreign.MemorySegment;

/** Adds up a tensor's entries for their {@link Distribution}, in order, as they are read. */
public final class DistributionSums {

  private static final int AT_ONCE = 4096;

  private final Elements elements;
  private final int elementBytes;
  private final float[] values = new float[AT_ONCE];
  private double sum;
  private double squares;
  private long count;

  public DistributionSums(DType type) {
    this.elements = Elements.of(type);
    this.elementBytes = type.bytes();
  }

  /** Adds whole entries. */
  public void add(MemorySegment entries) {
    long all = entries.byteSize() / elementBytes;
    for (long done = 0; done < all; done += AT_ONCE) {
      int length = (int) Math.min(AT_ONCE, all - done);
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
