package dev.sparkling.trainer.model.state;

import ai.djl.ndarray.NDArray;
import dev.sparkling.checkpoint.format.Moment;
import dev.sparkling.trainer.model.layout.Parameter;
import java.util.Map;
import java.util.Objects;

/**
 * A parameter with the arrays that an optimizer reads and updates, which all have its shape.
 *
 * @param moments optimizer state, zero before the first step
 */
public record ParameterState(
    Parameter parameter, NDArray value, NDArray gradient, Map<Moment, NDArray> moments) {

  public ParameterState {
    moments = Map.copyOf(moments);
  }

  /** Returns a moment that the parameter's optimizer keeps. */
  public NDArray moment(Moment moment) {
    return Objects.requireNonNull(moments.get(moment), () -> parameter.name() + " " + moment);
  }
}
