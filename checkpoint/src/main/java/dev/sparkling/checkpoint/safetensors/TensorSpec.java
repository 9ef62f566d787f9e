package dev.sparkling.checkpoint.safetensors;

import java.util.Arrays;
import java.util.List;

/** Name, type and shape of a tensor. The shape of a scalar is empty. */
public record TensorSpec(String name, DType dtype, List<Long> shape) {
  public TensorSpec {
    shape = List.copyOf(shape);
    for (long size : shape) {
      if (size < 0) {
        throw new IllegalArgumentException(name + ": negative size in shape " + shape);
      }
    }
  }

  public static TensorSpec of(String name, DType dtype, long... shape) {
    return new TensorSpec(name, dtype, Arrays.stream(shape).boxed().toList());
  }

  /**
   * Returns the number of elements.
   *
   * @throws ArithmeticException if it overflows
   */
  public long elements() {
    return shape.stream().reduce(1L, Math::multiplyExact);
  }

  /**
   * Returns the size of the values in bytes.
   *
   * @throws ArithmeticException if it overflows
   */
  public long bytes() {
    return Math.multiplyExact(elements(), (long) dtype.bytes());
  }
}
