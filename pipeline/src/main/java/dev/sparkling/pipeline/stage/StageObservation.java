package dev.sparkling.pipeline.stage;

import java.util.Optional;
import java.util.OptionalLong;

/**
 * One stage as observed in the store and the cluster.
 *
 * @param expanded whether the expansion into the stage is complete
 * @param newestStep step of the stage's newest complete checkpoint; empty if it has none
 * @param worker worker launched last for the stage's expansion or training
 * @param hold what the stage waits for, if it was held
 */
public record StageObservation(
    boolean expanded, OptionalLong newestStep, Worker worker, Optional<Hold> hold) {

  /** A stage that has not started. */
  public static final StageObservation NOTHING =
      new StageObservation(false, OptionalLong.empty(), new Worker.None());

  /** Creates an observation of a stage that is not held. */
  public StageObservation(boolean expanded, OptionalLong newestStep, Worker worker) {
    this(expanded, newestStep, worker, Optional.empty());
  }
}
