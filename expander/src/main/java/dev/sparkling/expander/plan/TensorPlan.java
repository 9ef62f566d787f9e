package dev.sparkling.expander.plan;

import java.util.List;

/**
 * What happens to one tensor. The old block is {@code new[:old rows, :old columns]}, times the
 * factor.
 *
 * @param factor on every entry of the new tensor, old and new
 */
public record TensorPlan(
    String name, List<Long> shape, List<Long> newShape, NewEntries newEntries, double factor) {
  public TensorPlan {
    shape = List.copyOf(shape);
    newShape = List.copyOf(newShape);
  }
}
