package dev.sparkling.pipeline.stage;

import dev.sparkling.pipeline.error.ErrorReason;

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
    /** It cannot start yet, such as because no node has room for it. */
    BLOCKED,
    /** It is running. */
    WORKING
  }

  /**
   * One was launched and cannot start without intervention, for example because its image cannot be
   * pulled.
   *
   * @param reason reason of the kubelet
   */
  record Stuck(String reason, String message) implements Worker {}

  /**
   * The last one failed.
   *
   * @param attempts number of failed attempts, which count against the retries; disruptions do not
   */
  record Failed(ErrorReason reason, String message, int attempts) implements Worker {}
}
