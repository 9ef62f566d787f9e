package dev.sparkling.cli;

import dev.sparkling.checkpoint.run.Metrics;
import dev.sparkling.pipeline.plan.StagePlan;
import dev.sparkling.trainer.run.TrainingListener;

/** Tells two. */
record BothListeners(TrainingListener first, TrainingListener second) implements TrainingListener {

  @Override
  public void restored(StagePlan stage, long step, String from) {
    first.restored(stage, step, from);
    second.restored(stage, step, from);
  }

  @Override
  public void stepDone(Metrics.Step step) {
    first.stepDone(step);
    second.stepDone(step);
  }

  @Override
  public void evaluated(Metrics.Evaluation evaluation) {
    first.evaluated(evaluation);
    second.evaluated(evaluation);
  }

  @Override
  public void checkpointed(Checkpointed checkpoint) {
    first.checkpointed(checkpoint);
    second.checkpointed(checkpoint);
  }

  @Override
  public void ended(long step) {
    first.ended(step);
    second.ended(step);
  }

  @Override
  public void warning(String sentence) {
    first.warning(sentence);
    second.warning(sentence);
  }
}
