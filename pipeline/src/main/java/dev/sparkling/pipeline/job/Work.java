package dev.sparkling.pipeline.job;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Kinds of work that a worker does. */
public enum Work {
  @JsonProperty("train")
  TRAIN,
  /** Widen the last checkpoint of the previous stage. */
  @JsonProperty("expand")
  EXPAND,
  /** Wait until a stage's store and data can be used. */
  @JsonProperty("check")
  CHECK,
  /** Delete all objects of the run. */
  @JsonProperty("delete")
  DELETE
}
