package dev.sparkling.cli.train;

import dev.sparkling.checkpoint.format.Checkpoints;
import dev.sparkling.checkpoint.run.RunCheckpoints;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.cli.data.RunDatasets;
import dev.sparkling.pipeline.error.UserError;
import dev.sparkling.pipeline.layout.RunLayout;
import dev.sparkling.pipeline.plan.RunPlan;
import dev.sparkling.pipeline.plan.StagePlan;
import dev.sparkling.trainer.run.TrainingJob;
import dev.sparkling.trainer.run.TrainingJob.Start;
import dev.sparkling.trainer.run.TrainingListener;
import dev.sparkling.trainer.run.TrainingRun;
import dev.sparkling.trainer.torch.Device;
import dev.sparkling.worker.argument.ArgumentErrors;
import dev.sparkling.worker.run.RunSession;
import java.util.function.BooleanSupplier;

/**
 * Trains a stage, both in local runs and in the trainer's pod.
 *
 * @param run session of the run, which has begun
 * @param device device to train on, and the setting that errors about it name
 * @param listener receives the progress of training
 * @param stopRequested returns whether to stop; called before the first step and after each step
 */
public record StageTraining(
    RunSession run,
    RunDatasets datasets,
    DeviceChoice device,
    TrainingListener listener,
    BooleanSupplier stopRequested) {

  /**
   * A device and the setting that chose it.
   *
   * @param name option or path in the resource, for messages
   */
  public record DeviceChoice(Device device, String name) {}

  /**
   * Trains a stage to its last step, or until a stop is requested. Resumes from the newest
   * checkpoint, if there is one.
   *
   * @param plan plan of the run or of its control, which has the stage
   * @return step of the newest checkpoint; the stage's first step if it has none
   */
  public long train(RunPlan plan, StagePlan stage) {
    return ArgumentErrors.renaming(
        field -> field.equals("device") ? device.name() : field,
        () ->
            TrainingRun.run(
                new TrainingJob(
                    run.spec(),
                    plan,
                    stage,
                    start(run.store(), plan, stage),
                    ThreadCount.of(run.spec()),
                    device.device()),
                run.store(),
                datasets.training(),
                datasets.validation(),
                listener,
                stopRequested));
  }

  private static Start start(ObjectStore store, RunPlan plan, StagePlan stage) {
    if (stage.expansion() == null && stage.index() == 0) {
      return new Start.RandomWeights();
    }
    if (stage.expansion() == null) {
      StagePlan before = plan.stages().get(stage.index() - 1);
      return new Start.FromCheckpoint(RunLayout.checkpoint(before.name(), before.lastStep()));
    }
    String expansion = RunLayout.expansion(stage.name());
    if (!Checkpoints.exists(store, expansion)
        && RunCheckpoints.newestStep(store, stage.name()).isEmpty()) {
      throw new UserError(
          store.location(expansion)
              + ": is not a complete checkpoint; stage "
              + stage.name()
              + " starts from one that 'sparkling expand' writes there");
    }
    return new Start.FromCheckpoint(expansion);
  }
}
