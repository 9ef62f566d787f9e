package dev.sparkling.pipeline.stage;

import dev.sparkling.pipeline.error.ErrorClass;

/** The process or pod that was last launched for a stage's expansion or training. */
public sealed interface Worker {

  /** None was launched, or the last one ended well. */
  record None() implements Worker {}

  /**
   * One is at work, or waits for its place.
   *
   * @param queued whether it waits for a quota or a place
   */
  record Active(boolean queued) implements Worker {}

  /**
   * The last one ended badly.
   *
   * @param chargedAttempts failures so far that count against the retries; disruptions do not
   */
  record Failed(ErrorClass errorClass, String message, int chargedAttempts) implements Worker {}
}
