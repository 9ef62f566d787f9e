package dev.sparkling.pipeline.status;

import com.fasterxml.jackson.annotation.JsonProperty;

/** The phase of a run. */
public enum Phase {
  /** Accepted; the first worker has not started yet, or the next one cannot start. */
  @JsonProperty("Pending")
  PENDING,
  /** Waiting for quota. */
  @JsonProperty("Queued")
  QUEUED,
  /** A stage is training. */
  @JsonProperty("Training")
  TRAINING,
  /** A checkpoint is being widened. */
  @JsonProperty("Expanding")
  EXPANDING,
  /** Suspended by the user; resumes from the newest checkpoint. */
  @JsonProperty("Suspended")
  SUSPENDED,
  /** All stages are complete; final. */
  @JsonProperty("Succeeded")
  SUCCEEDED,
  /** A stage has failed and is not retried; final. */
  @JsonProperty("Failed")
  FAILED
}
