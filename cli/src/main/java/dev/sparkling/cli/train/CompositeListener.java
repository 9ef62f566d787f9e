package dev.sparkling.cli.train;

import dev.sparkling.checkpoint.run.Metrics;
import dev.sparkling.pipeline.plan.StagePlan;
import dev.sparkling.trainer.run.TrainingListener;
import dev.sparkling.trainer.torch.Device;
import java.util.List;

/** Forwards every event to several listeners, in order. */
record CompositeListener(List<TrainingListener> listeners) implements TrainingListener {

  CompositeListener {
    listeners = List.copyOf(listeners);
  }

  @Override
  public void deviceChosen(Device device) {
    listeners.forEach(listener -> listener.deviceChosen(device));
  }

  @Override
  public void restored(StagePlan stage, long step, String from) {
    listeners.forEach(listener -> listener.restored(stage, step, from));
  }

  @Override
  public void stepDone(Metrics.Step step) {
    listeners.forEach(listener -> listener.stepDone(step));
  }

  @Override
  public void evaluated(Metrics.Evaluation evaluation) {
    listeners.forEach(listener -> listener.evaluated(evaluation));
  }

  @Override
  public void checkpointed(Checkpointed checkpoint) {
    listeners.forEach(listener -> listener.checkpointed(checkpoint));
  }

  @Override
  public void ended(long step) {
    listeners.forEach(listener -> listener.ended(step));
  }

  @Override
  public void warning(String sentence) {
    listeners.forEach(listener -> listener.warning(sentence));
  }
}
