package dev.sparkling.pipeline.spec.training;

import com.fasterxml.jackson.annotation.JsonProperty;

/** The shape of the learning rate schedule. */
public enum LearningRateSchedule {
  @JsonProperty("cosine")
  COSINE,
  /** Warmup-stable-decay. */
  @JsonProperty("wsd")
  WSD
}
