package dev.sparkling.pipeline.spec.training;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Which activations are computed again in the backward pass and not kept for it. */
public enum Recomputation {
  /** None: fastest. */
  @JsonProperty("none")
  NONE,
  /** All inside of a layer: only each layer's input is kept, for a third more arithmetic. */
  @JsonProperty("layers")
  LAYERS
}
