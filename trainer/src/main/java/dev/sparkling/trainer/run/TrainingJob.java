package dev.sparkling.trainer.run;

import dev.sparkling.pipeline.plan.RunPlan;
import dev.sparkling.pipeline.plan.StagePlan;
import dev.sparkling.pipeline.spec.ProgressiveTrainingSpec;
import dev.sparkling.pipeline.spec.training.TrainingSpec;
import dev.sparkling.trainer.torch.Device;

/**
 * A stage to train.
 *
 * @param spec resolved spec of the whole run, which the stage's checkpoints record
 * @param plan plan of the whole run, over whose steps the learning-rate curves extend
 * @param stage stage to train; its name is the folder of its checkpoints
 * @param start origin of the weights if the stage has no checkpoint of its own
 * @param threads number of CPU threads of each operation
 * @param device device to train on
 */
public record TrainingJob(
    ProgressiveTrainingSpec spec,
    RunPlan plan,
    StagePlan stage,
    Start start,
    int threads,
    Device device) {

  public TrainingSpec training() {
    return spec.training();
  }

  /** The origin of a stage's first weights. */
  public sealed interface Start {

    /** A new model with random weights. */
    record RandomWeights() implements Start {}

    /** A checkpoint in the run's store. */
    record FromCheckpoint(String folder) implements Start {}
  }
}
