package dev.sparkling.trainer.model;

import dev.sparkling.checkpoint.model.Axis;
import dev.sparkling.checkpoint.model.TensorRole;
import java.util.List;

/**
 * One array that the optimizer updates: one Hugging Face tensor, or several whose values lie one
 * after the other so that one matrix product serves them all.
 *
 * @param role of each of its tensors
 * @param axes what each axis runs over; HIDDEN and INNER ones have blocks after an expansion
 * @param pieces the Hugging Face tensors that it holds, in order, without gaps
 */
public record Parameter(
    String name, TensorRole role, List<Long> shape, List<Axis> axes, List<Piece> pieces) {

  public Parameter {
    shape = List.copyOf(shape);
    axes = List.copyOf(axes);
    pieces = List.copyOf(pieces);
    long held = pieces.stream().mapToLong(Piece::elements).sum();
    if (axes.size() != shape.size() || held != elements(shape)) {
      throw new IllegalArgumentException(
          name + ": shape " + shape + ", axes " + axes + ", pieces of " + held + " elements");
    }
  }

  /**
   * A Hugging Face tensor inside a parameter.
   *
   * @param offset of its first element
   */
  public record Piece(String tensor, List<Long> shape, long offset) {
    public Piece {
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
