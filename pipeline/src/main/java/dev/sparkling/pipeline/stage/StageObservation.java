package dev.sparkling.pipeline.stage;

import java.util.Optional;
import java.util.OptionalLong;

/**
 * One stage as observed in the store and the cluster.
 *
 * @param expanded whether the expansion into the stage is complete
 * @param newestStep step of the stage's newest complete checkpoint; empty if it has none
 * @param worker worker launched last for the stage's expansion or training
 * @param disruptions number of workers lost since the newest checkpoint or the last hold
 * @param hold what the stage waits for, if it was held
 */
public record StageObservation(
    boolean expanded,
    OptionalLong newestStep,
    Worker worker,
    int disruptions,
    Optional<Hold> hold) {

  /** A stage that has not started. */
  public static final StageObservation NOTHING =
      new StageObservation(false, OptionalLong.empty(), new Worker.None());

  /** Creates an observation of a stage that is not held and has lost no worker. */
  public StageObservation(boolean expanded, OptionalLong newestStep, Worker worker) {
    this(expanded, newestStep, worker, 0, Optional.empty());
  }
}
