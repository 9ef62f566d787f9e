package dev.sparkling.pipeline.spec.training;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Which activations are recomputed in the backward pass instead of kept. */
public enum Recomputation {
  /** None, which is fastest. */
  @JsonProperty("none")
  NONE,
  /** All within a layer: only each layer's input is kept, for a third more arithmetic. */
  @JsonProperty("layers")
  LAYERS
}
