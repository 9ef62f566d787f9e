package dev.sparkling.pipeline.stage;

import java.util.OptionalLong;

/**
 * What the store and the cluster say of one stage.
 *
 * @param expanded whether the stage's widened checkpoint is complete
 * @param newestStep of the stage's complete checkpoints; empty where it has none
 * @param worker of the stage's expansion or training, whichever was launched last
 */
public record StageObservation(boolean expanded, OptionalLong newestStep, Worker worker) {

  /** A stage of which nothing exists yet. */
  public static final StageObservation NOTHING =
      new StageObservation(false, OptionalLong.empty(), new Worker.None());
}
