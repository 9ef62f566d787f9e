package dev.sparkling.checkpoint.model;

import java.util.List;

/** A tensor of a model: its Hugging Face name, what it does and what its axes are. */
public record CatalogueTensor(String name, TensorRole role, List<Axis> axes, List<Long> shape) {
  public CatalogueTensor {
    axes = List.copyOf(axes);
    shape = List.copyOf(shape);
    if (axes.size() != shape.size()) {
      throw new IllegalArgumentException(name + ": axes " + axes + ", shape " + shape);
    }
  }
}
