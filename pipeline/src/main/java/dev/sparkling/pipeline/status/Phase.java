package dev.sparkling.pipeline.status;

import com.fasterxml.jackson.annotation.JsonProperty;

/** The phase of a run. */
public enum Phase {
  /** The worker of the first stage is not running yet, or a worker cannot start. */
  @JsonProperty("Pending")
  PENDING,
  /** The job is waiting for quota. */
  @JsonProperty("Queued")
  QUEUED,
  /** A stage is training, or the trainer of a later stage is starting. */
  @JsonProperty("Training")
  TRAINING,
  /** A checkpoint is being widened, or its expander is starting. */
  @JsonProperty("Expanding")
  EXPANDING,
  /** Waits until a person has fixed what its condition names; resumes by itself. */
  @JsonProperty("Held")
  HELD,
  /** Suspended by the user; resumes from the newest checkpoint. */
  @JsonProperty("Suspended")
  SUSPENDED,
  /** All stages are complete; final. */
  @JsonProperty("Succeeded")
  SUCCEEDED,
  /** A stage has failed and is not retried; final, unless a person asks for another try. */
  @JsonProperty("Failed")
  FAILED
}
