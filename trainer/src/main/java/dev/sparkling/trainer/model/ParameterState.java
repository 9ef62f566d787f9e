package dev.sparkling.trainer.model;

import ai.djl.ndarray.NDArray;
import dev.sparkling.checkpoint.format.Moment;
import java.util.Map;
import java.util.Objects;

/**
 * What an optimizer needs of one parameter; all arrays have its shape.
 *
 * @param moments the optimizer's state, zero before the first step
 */
public record ParameterState(
    Parameter parameter, NDArray value, NDArray gradient, Map<Moment, NDArray> moments) {

  public ParameterState {
    moments = Map.copyOf(moments);
  }

  /** A moment that the parameter's optimizer keeps. */
  public NDArray moment(Moment moment) {
    return Objects.requireNonNull(moments.get(moment), () -> parameter.name() + " " + moment);
  }
}
