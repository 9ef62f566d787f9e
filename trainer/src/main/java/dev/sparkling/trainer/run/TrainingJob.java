package dev.sparkling.trainer.run;

import dev.sparkling.pipeline.plan.RunPlan;
import dev.sparkling.pipeline.plan.StagePlan;
import dev.sparkling.pipeline.spec.ProgressiveTrainingSpec;
import dev.sparkling.pipeline.spec.training.TrainingSpec;
import dev.sparkling.trainer.torch.Device;

/**
 * What a trainer is asked to do.
 *
 * @param spec of the whole run, which its checkpoints record
 * @param plan of the whole run, whose steps the learning rates span
 * @param stage to train; its name is the folder of its checkpoints
 * @param start where the stage begins if it has no checkpoint of its own
 * @param threads of the CPU
 * @param device that computes
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

  /** Where a stage begins. */
  public sealed interface Start {

    /** A new model. */
    record RandomWeights() implements Start {}

    /** A checkpoint in the run's store: an expansion, or another stage's. */
    record FromCheckpoint(String folder) implements Start {}
  }
}
