package dev.sparkling.trainer.data;

/**
 * The order of the samples: for each pass over the data a permutation of its sequences, as a pure
 * function of seed and pass. A Feistel network permutes the numbers below the next power of four,
 * and results beyond the count are permuted again until they are within it (cycle walking; Black
 * and Rogaway 2002), so that no list is stored.
 */
public final class SampleOrder {

  private static final int ROUNDS = 6;

  private final long seed;
  private final long count;
  private final int halfBits;

  /**
   * Creates an order.
   *
   * @param count number of sequences, at least 1
   */
  public SampleOrder(long seed, long count) {
    if (count < 1) {
      throw new IllegalArgumentException("no sequences");
    }
    this.seed = seed;
    this.count = count;
    int bits = Long.SIZE - Long.numberOfLeadingZeros(Math.max(1, count - 1));
    this.halfBits = (bits + 1) / 2;
  }

  /** Returns the sequence of a sample; samples are counted from 0 over the whole run. */
  public long sequence(long sample) {
    long pass = sample / count;
    long at = sample % count;
    do {
      at = permute(at, pass);
    } while (at >= count);
    return at;
  }

  private long permute(long value, long pass) {
    long mask = (1L << halfBits) - 1;
    long left = value >>> halfBits;
    long right = value & mask;
    for (int round = 0; round < ROUNDS; round++) {
      long mixed = left ^ (mix(right + mix(seed + mix(pass * ROUNDS + round))) & mask);
      left = right;
      right = mixed;
    }
    return left << halfBits | right;
  }

  /** SplitMix64 (Steele, Lea and Flood 2014). */
  private static long mix(long value) {
    long z = value + 0x9E3779B97F4A7C15L;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
