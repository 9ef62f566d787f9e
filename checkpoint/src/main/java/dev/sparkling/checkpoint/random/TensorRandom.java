package dev.sparkling.checkpoint.random;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * Generates normally distributed values for a tensor, as a pure function of (seed, tensor name,
 * row). A row's values come from a SplitMix64 sequence that starts at a hash of the three. The
 * Box-Muller transform uses {@link StrictMath}, so that they are bitwise equal on every machine.
 */
public final class TensorRandom {

  private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;

  private final long tensorKey;

  /** Creates the generator of one tensor. */
  public TensorRandom(long seed, String tensorName) {
    this.tensorKey = hash(seed, tensorName);
  }

  /** Fills {@code values} with the row's first values: mean 0, the given standard deviation. */
  public void fillRow(long row, float[] values, double standardDeviation) {
    long state = mix(tensorKey + mix(row * GOLDEN_GAMMA));
    for (int i = 0; i < values.length; i += 2) {
      state += GOLDEN_GAMMA;
      double radius = StrictMath.sqrt(-2 * StrictMath.log(openUniform(mix(state))));
      state += GOLDEN_GAMMA;
      double angle = 2 * Math.PI * openUniform(mix(state));
      values[i] = (float) (standardDeviation * radius * StrictMath.cos(angle));
      if (i + 1 < values.length) {
        values[i + 1] = (float) (standardDeviation * radius * StrictMath.sin(angle));
      }
    }
  }

  /** Returns a uniform value in (0, 1): never 0, whose logarithm is infinite. */
  private static double openUniform(long bits) {
    return ((bits >>> 11) + 0.5) * 0x1.0p-53;
  }

  /** SplitMix64's finalizer (Steele, Lea and Flood 2014). */
  private static long mix(long value) {
    long z = value;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  private static long hash(long seed, String name) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(ByteBuffer.allocate(Long.BYTES).putLong(0, seed));
      return ByteBuffer.wrap(digest.digest(name.getBytes(StandardCharsets.UTF_8))).getLong();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
