package dev.sparkling.pipeline.spec.model;

import com.fasterxml.jackson.annotation.JsonProperty;

/** How the weights of normalization layers are widened (section 3.2.4 of the paper). */
public enum NormInitialization {
  @JsonProperty("copy")
  COPY,
  /** Drawn from a normal distribution with the mean and standard deviation of the old weights. */
  @JsonProperty("resample")
  RESAMPLE
}
