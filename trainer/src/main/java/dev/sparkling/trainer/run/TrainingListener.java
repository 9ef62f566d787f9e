package dev.sparkling.trainer.run;

import dev.sparkling.checkpoint.run.Metrics;
import dev.sparkling.pipeline.plan.StagePlan;
import dev.sparkling.trainer.torch.Device;

/** Receives the progress of training, on the training thread. */
public interface TrainingListener {

  /** Called when the device is chosen: {@link Device#CPU} or {@link Device#CUDA}. */
  default void deviceChosen(Device device) {}

  /**
   * Called when weights and state are loaded; training starts or resumes after {@code step}.
   *
   * @param from origin of the weights, such as a checkpoint's location
   */
  default void restored(StagePlan stage, long step, String from) {}

  /** Called after each optimizer step. */
  default void stepDone(Metrics.Step step) {}

  /** Called after each evaluation. */
  default void evaluated(Metrics.Evaluation evaluation) {}

  /** Called when a checkpoint is complete; training may be some steps ahead of it. */
  default void checkpointed(Checkpointed checkpoint) {}

  /**
   * A complete checkpoint.
   *
   * @param seconds time that writing it took
   * @param stallSeconds time for which training waited for it
   */
  record Checkpointed(long step, String location, long bytes, double seconds, double stallSeconds) {

    Checkpointed withStall(double stalled) {
      return new Checkpointed(step, location, bytes, seconds, stalled);
    }
  }

  /**
   * Called when training ends after {@code step}: the stage's last step, or an earlier one if a
   * stop was requested.
   */
  default void ended(long step) {}

  /** Called with a warning for the user. */
  default void warning(String sentence) {}
}
