package dev.sparkling.cli.train;

import dev.sparkling.checkpoint.run.FencedCheckpoint;
import dev.sparkling.checkpoint.run.RunCheckpoints;
import dev.sparkling.cli.data.RunDatasets;
import dev.sparkling.pipeline.error.UserError;
import dev.sparkling.pipeline.plan.RunPlan;
import dev.sparkling.pipeline.plan.StagePlan;
import dev.sparkling.trainer.run.TrainingJob;
import dev.sparkling.trainer.run.TrainingJob.Start;
import dev.sparkling.trainer.run.TrainingListener;
import dev.sparkling.trainer.run.TrainingRun;
import dev.sparkling.trainer.torch.Device;
import dev.sparkling.worker.argument.ArgumentErrors;
import dev.sparkling.worker.run.RunSession;
import java.util.Optional;
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
                    start(plan, stage),
                    ThreadCount.of(run.spec()),
                    device.device()),
                run.writer(),
                datasets.training(),
                datasets.validation(),
                listener,
                stopRequested));
  }

  private Start start(RunPlan plan, StagePlan stage) {
    RunCheckpoints checkpoints = run.writer().checkpoints();
    Optional<FencedCheckpoint> newest = checkpoints.newest(stage.name());
    if (newest.isPresent()) {
      return new Start.FromCheckpoint(newest.get().folder());
    }
    if (stage.expansion() != null) {
      return from(
          checkpoints.expansion(stage.name()),
          "has no complete expansion into stage %s; run 'sparkling expand' first"
              .formatted(stage.name()));
    }
    if (stage.index() == 0) {
      return new Start.RandomWeights();
    }
    StagePlan before = plan.stages().get(stage.index() - 1);
    return from(
        checkpoints.at(before.name(), before.lastStep()),
        "has no checkpoint of stage %s at its last step, %d; train it first"
            .formatted(before.name(), before.lastStep()));
  }

  private Start from(Optional<FencedCheckpoint> checkpoint, String missing) {
    return new Start.FromCheckpoint(
        checkpoint
            .orElseThrow(() -> new UserError(run.store().location("") + ": " + missing))
            .folder());
  }
}
