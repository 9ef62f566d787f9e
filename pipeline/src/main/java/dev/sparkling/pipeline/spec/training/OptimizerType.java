package dev.sparkling.pipeline.spec.training;

import com.fasterxml.jackson.annotation.JsonProperty;

/** The optimizers of the paper: AdamW (App. D), Muon for matrices (App. M). */
public enum OptimizerType {
  @JsonProperty("adamw")
  ADAMW,
  @JsonProperty("muon")
  MUON
}
