package dev.sparkling.pipeline.spec.model;

import com.fasterxml.jackson.annotation.JsonProperty;

/** The model families, named after Hugging Face's layouts. */
public enum Architecture {
  /** Qwen3-MoE: every layer routes each token to a few of many experts. */
  @JsonProperty("moe")
  MOE,
  /** Qwen3: one MLP per layer. */
  @JsonProperty("dense")
  DENSE
}
