package dev.sparkling.pipeline.status;

import com.fasterxml.jackson.annotation.JsonProperty;

/** The state of a stage. */
public enum StageState {
  /** An earlier stage is not complete. */
  @JsonProperty("Pending")
  PENDING,
  /** The last checkpoint of the previous stage is being widened. */
  @JsonProperty("Expanding")
  EXPANDING,
  /** The stage is training, or waits for a trainer. */
  @JsonProperty("Training")
  TRAINING,
  /** It waits until a person has fixed what the status names. */
  @JsonProperty("Held")
  HELD,
  /** Its last checkpoint is complete. */
  @JsonProperty("Succeeded")
  SUCCEEDED,
  /** It has failed and is not retried. */
  @JsonProperty("Failed")
  FAILED
}
