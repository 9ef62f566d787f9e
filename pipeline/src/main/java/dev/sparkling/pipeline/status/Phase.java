package dev.sparkling.pipeline.status;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Where a run stands, in one word; spelled as in Kubernetes. */
public enum Phase {
  /** Accepted, and nothing runs yet. */
  @JsonProperty("Pending")
  PENDING,
  /** Waiting for a quota or a place, not for us. */
  @JsonProperty("Queued")
  QUEUED,
  /** A trainer works on a stage. */
  @JsonProperty("Training")
  TRAINING,
  /** An expander widens a checkpoint. */
  @JsonProperty("Expanding")
  EXPANDING,
  /** Asked to stop; goes on from the newest checkpoint when asked to. */
  @JsonProperty("Suspended")
  SUSPENDED,
  /** Every stage is complete; terminal. */
  @JsonProperty("Succeeded")
  SUCCEEDED,
  /** A stage failed for good; terminal. */
  @JsonProperty("Failed")
  FAILED
}
