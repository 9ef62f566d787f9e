package dev.sparkling.pipeline.stage;

import dev.sparkling.pipeline.error.ErrorClass;

/** The process or pod that was launched last for a stage's expansion or training. */
public sealed interface Worker {

  /** None was launched, or the last one succeeded. */
  record None() implements Worker {}

  /** One is running or about to run. */
  record Active(Activity activity) implements Worker {}

  /** State of an active worker. */
  enum Activity {
    /** It is waiting for quota. */
    QUEUED,
    /** Its process is starting. */
    STARTING,
    /** It cannot start: no node fits, or its image cannot be pulled. */
    BLOCKED,
    /** It is running. */
    WORKING
  }

  /**
   * The last one failed.
   *
   * @param attempts number of failed attempts, which count against the retries; disruptions do not
   */
  record Failed(ErrorClass errorClass, String message, int attempts) implements Worker {}
}
