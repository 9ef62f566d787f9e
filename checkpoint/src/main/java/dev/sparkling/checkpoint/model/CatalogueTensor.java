package dev.sparkling.checkpoint.model;

import java.util.List;

/**
 * A tensor of a model.
 *
 * @param name Hugging Face's name
 * @param axes what each axis of the shape runs over
 */
public record CatalogueTensor(String name, TensorRole role, List<Axis> axes, List<Long> shape) {
  public CatalogueTensor {
    axes = List.copyOf(axes);
    shape = List.copyOf(shape);
    if (axes.size() != shape.size()) {
      throw new IllegalArgumentException(name + ": axes " + axes + ", shape " + shape);
    }
  }
}
