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
 * @param plan plan of the whole run, whose steps the learning rates span
 * @param stage the stage, whose name is the folder of its checkpoints
 * @param start origin of the weights if the stage has no checkpoint of its own
 * @param threads CPU threads of each operation
 * @param device where to compute
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

    /** A new model, of random weights. */
    record RandomWeights() implements Start {}

    /** A checkpoint in the run's store: an expansion, or one of another stage. */
    record FromCheckpoint(String folder) implements Start {}
  }
}
