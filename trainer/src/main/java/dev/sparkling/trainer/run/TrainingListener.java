package dev.sparkling.trainer.run;

import dev.sparkling.checkpoint.run.Metrics;
import dev.sparkling.pipeline.plan.StagePlan;
import dev.sparkling.trainer.torch.Device;

/** Receives a training's progress, on the training's thread. */
public interface TrainingListener {

  /** Training will compute on a device, {@link Device#CPU} or {@link Device#CUDA}. */
  default void deviceChosen(Device device) {}

  /**
   * Weights and state are loaded; training starts or resumes after a step.
   *
   * @param from origin of the weights, such as a checkpoint's location
   */
  default void restored(StagePlan stage, long step, String from) {}

  /** An optimizer step is done. */
  default void stepDone(Metrics.Step step) {}

  /** The validation loss was computed. */
  default void evaluated(Metrics.Evaluation evaluation) {}

  /** A checkpoint is complete; training may be some steps ahead of it. */
  default void checkpointed(Checkpointed checkpoint) {}

  /**
   * A complete checkpoint.
   *
   * @param seconds time to write it
   * @param stallSeconds time in which training stood still for it
   */
  record Checkpointed(long step, String location, long bytes, double seconds, double stallSeconds) {

    Checkpointed withStall(double stalled) {
      return new Checkpointed(step, location, bytes, seconds, stalled);
    }
  }

  /** Training ended after a step: the stage's last one, or because a stop was requested. */
  default void ended(long step) {}

  /** Something may not be as the user expects. */
  default void warning(String sentence) {}
}
