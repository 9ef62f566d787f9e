package dev.sparkling.pipeline.stage;

import java.util.OptionalLong;

/**
 * One stage as observed in the store and the cluster.
 *
 * @param expanded whether the expansion into the stage is complete
 * @param newestStep step of the stage's newest complete checkpoint; empty if it has none
 * @param worker worker launched last for the stage's expansion or training
 */
public record StageObservation(boolean expanded, OptionalLong newestStep, Worker worker) {

  /** A stage that has not started. */
  public static final StageObservation NOTHING =
      new StageObservation(false, OptionalLong.empty(), new Worker.None());
}
