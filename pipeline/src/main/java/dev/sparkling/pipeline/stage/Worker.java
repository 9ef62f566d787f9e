package dev.sparkling.pipeline.stage;

import dev.sparkling.pipeline.error.ErrorClass;

/** The process or pod that was last launched for a stage's expansion or training. */
public sealed interface Worker {

  /** None was launched, or the last one ended well. */
  record None() implements Worker {}

  /** One is at work, or on its way there. */
  record Active(Activity activity) implements Worker {}

  /** How far a worker is. */
  enum Activity {
    /** It waits for a quota: nothing is wrong, and nothing of it runs. */
    QUEUED,
    /** Its process comes up. */
    STARTING,
    /** Something outside keeps it from starting: no node fits, or its image cannot be had. */
    BLOCKED,
    /** It does its work. */
    WORKING
  }

  /**
   * The last one ended badly.
   *
   * @param chargedAttempts failures so far that count against the retries; disruptions do not
   */
  record Failed(ErrorClass errorClass, String message, int chargedAttempts) implements Worker {}
}
