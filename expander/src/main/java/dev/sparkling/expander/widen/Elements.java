package dev.sparkling.expander.widen;

import dev.sparkling.checkpoint.safetensors.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Converts numbers of a storage type to floats and back as PyTorch does: computing in 32 bits,
 * rounding to nearest, ties to even.
 */
enum Elements {
  F32 {
    @Override
    void load(MemorySegment from, long offset, float[] to, int count) {
      MemorySegment.copy(from, FLOAT, offset, to, 0, count);
    }

    @Override
    void store(float[] from, int count, short[] scratch, MemorySegment to, long offset) {
      MemorySegment.copy(from, 0, to, FLOAT, offset, count);
    }

    @Override
    void round(float[] values, int count) {
      // Nothing to round.
    }
  },
  BF16 {
    @Override
    void load(MemorySegment from, long offset, float[] to, int count) {
      for (int i = 0; i < count; i++) {
        to[i] = Float.intBitsToFloat(from.get(SHORT, offset + 2L * i) << SHORT_BITS);
      }
    }

    @Override
    void store(float[] from, int count, short[] scratch, MemorySegment to, long offset) {
      for (int i = 0; i < count; i++) {
        scratch[i] = (short) (rounded(from[i]) >>> SHORT_BITS);
      }
      MemorySegment.copy(scratch, 0, to, SHORT, offset, count);
    }

    @Override
    void round(float[] values, int count) {
      for (int i = 0; i < count; i++) {
        values[i] = Float.intBitsToFloat(rounded(values[i]) >>> SHORT_BITS << SHORT_BITS);
      }
    }

    /** Returns bits of which the upper half is the rounded number. */
    private static int rounded(float value) {
      int bits = Float.floatToRawIntBits(value);
      // Rounds to nearest, ties to even: adds half of the last kept bit, or a little less if that
      // bit is 0. Rounding must not turn a NaN into infinity, so its quiet bit is set instead.
      return Float.isNaN(value)
          ? bits | BF16_QUIET
          : bits + BF16_HALF + ((bits >>> SHORT_BITS) & 1);
    }
  },
  F16 {
    @Override
    void load(MemorySegment from, long offset, float[] to, int count) {
      for (int i = 0; i < count; i++) {
        to[i] = Float.float16ToFloat(from.get(SHORT, offset + 2L * i));
      }
    }

    @Override
    void store(float[] from, int count, short[] scratch, MemorySegment to, long offset) {
      for (int i = 0; i < count; i++) {
        scratch[i] = Float.floatToFloat16(from[i]);
      }
      MemorySegment.copy(scratch, 0, to, SHORT, offset, count);
    }

    @Override
    void round(float[] values, int count) {
      for (int i = 0; i < count; i++) {
        values[i] = Float.float16ToFloat(Float.floatToFloat16(values[i]));
      }
    }
  };

  /**
   * Safetensors' byte order; unaligned, because the length of another writer's header may be odd.
   */
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private static final int SHORT_BITS = 16;
  private static final int BF16_HALF = 0x7fff;
  private static final int BF16_QUIET = 0x400000;

  /** Returns the conversion of a type that can be widened. */
  static Elements of(DType type) {
    return switch (type) {
      case F32 -> F32;
      case BF16 -> BF16;
      case F16 -> F16;
      default -> throw new IllegalArgumentException(type + " cannot be widened");
    };
  }

  /** Reads {@code count} numbers. */
  abstract void load(MemorySegment from, long offset, float[] to, int count);

  /**
   * Writes {@code count} numbers.
   *
   * @param scratch temporary space for at least {@code count} numbers
   */
  abstract void store(float[] from, int count, short[] scratch, MemorySegment to, long offset);

  /** Rounds {@code count} numbers to what {@link #load} returns after they were stored. */
  abstract void round(float[] values, int count);
}
