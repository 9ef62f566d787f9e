package dev.sparkling.trainer.model.layout;

import dev.sparkling.checkpoint.model.Axis;
import dev.sparkling.checkpoint.model.TensorRole;
import java.util.List;

/**
 * One array that the optimizer updates. It holds one Hugging Face tensor, or packs several
 * consecutive ones, so that one matrix product covers them all.
 *
 * @param role role of all its tensors
 * @param axes what each axis runs over; the indices of HIDDEN and INNER axes are divided into
 *     blocks by expansions
 * @param tensors packed Hugging Face tensors, in order, without gaps
 */
public record Parameter(
    String name, TensorRole role, List<Long> shape, List<Axis> axes, List<PackedTensor> tensors) {

  public Parameter {
    shape = List.copyOf(shape);
    axes = List.copyOf(axes);
    tensors = List.copyOf(tensors);
    long packed = tensors.stream().mapToLong(PackedTensor::elements).sum();
    if (axes.size() != shape.size() || packed != elements(shape)) {
      throw new IllegalArgumentException(
          name
              + ": shape "
              + shape
              + " does not match axes "
              + axes
              + " or the "
              + packed
              + " elements of its tensors");
    }
  }

  /**
   * A Hugging Face tensor inside a parameter.
   *
   * @param offset index of its first element in the parameter
   */
  public record PackedTensor(String name, List<Long> shape, long offset) {
    public PackedTensor {
      shape = List.copyOf(shape);
    }

    public long elements() {
      return Parameter.elements(shape);
    }
  }

  public long elements() {
    return elements(shape);
  }

  private static long elements(List<Long> shape) {
    return shape.stream().reduce(1L, (a, b) -> a * b);
  }
}
