package dev.sparkling.trainer.run;

import dev.sparkling.checkpoint.run.Metrics;
import dev.sparkling.pipeline.plan.StagePlan;

/** Told of a training's progress, on its thread. */
public interface TrainingListener {

  /**
   * The stage goes on from a step.
   *
   * @param from where the weights are from, such as a checkpoint's location
   */
  default void restored(StagePlan stage, long step, String from) {}

  /** An optimizer step was done. */
  default void stepDone(Metrics.Step step) {}

  /** The validation loss after a step, in nats a token. */
  default void evaluated(Metrics.Evaluation evaluation) {}

  /** A checkpoint is complete; training may be some steps further. */
  default void checkpointed(Checkpointed checkpoint) {}

  /**
   * A checkpoint that is complete.
   *
   * @param seconds that writing took
   * @param stallSeconds of them, and before them, in which training stood still
   */
  record Checkpointed(long step, String location, long bytes, double seconds, double stallSeconds) {

    /** Training stood still for the whole of it. */
    Checkpointed stalledFor(double all) {
      return new Checkpointed(step, location, bytes, seconds, all);
    }
  }

  /** The stage's last step is done, or the training was asked to stop after this one. */
  default void ended(long step) {}

  /** Something that the user should know, in a sentence. */
  default void warning(String sentence) {}
}
