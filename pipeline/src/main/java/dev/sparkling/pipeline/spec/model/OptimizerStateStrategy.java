package dev.sparkling.pipeline.spec.model;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Strategy for expanding optimizer state together with its parameter (Eq. 24 of the paper). */
public enum OptimizerStateStrategy {
  /** {@code S' = [S, 0]}: old entries keep their state, new entries start at zero. */
  @JsonProperty("asymmetric")
  ASYMMETRIC,
  /**
   * Like asymmetric, with the old state scaled like its parameter; the paper's baseline for
   * comparison.
   */
  @JsonProperty("asymmetric-scaled")
  ASYMMETRIC_SCALED,
  /** New entries copy the state of the entries that they copy. */
  @JsonProperty("copy")
  COPY,
  /** All state starts at zero. */
  @JsonProperty("drop")
  DROP
}
