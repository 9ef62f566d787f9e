package dev.sparkling.pipeline.spec.training;

import com.fasterxml.jackson.annotation.JsonProperty;

/** The tokens over which an expert's load is counted. */
public enum BalancingScope {
  /** All tokens of the optimizer step so far: experts may specialize within it. */
  @JsonProperty("globalBatch")
  GLOBAL_BATCH,
  /** The tokens of one forward pass, which is stricter. */
  @JsonProperty("microBatch")
  MICRO_BATCH
}
