package dev.sparkling.pipeline.spec.training;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Which activations are recomputed in the backward pass instead of kept. */
public enum Recomputation {
  /** None; this is the fastest. */
  @JsonProperty("none")
  NONE,
  /** All: only the input of each layer is kept, which takes a third more arithmetic. */
  @JsonProperty("layers")
  LAYERS
}
