package dev.sparkling.pipeline.spec.model;

import com.fasterxml.jackson.annotation.JsonProperty;

/** How the weights of normalization layers widen (paper section 3.2.4). */
public enum NormInitialization {
  @JsonProperty("copy")
  COPY,
  /** Drawn from a normal distribution of the old weights' mean and standard deviation. */
  @JsonProperty("resample")
  RESAMPLE
}
