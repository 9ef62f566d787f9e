package dev.sparkling.cli.pod;

import dev.sparkling.checkpoint.run.Metrics;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.pipeline.job.Progress;
import dev.sparkling.pipeline.job.Progress.StageStart;
import dev.sparkling.pipeline.job.Progress.StepDiagnostics;
import dev.sparkling.pipeline.plan.RunPlan;
import dev.sparkling.pipeline.plan.StagePlan;
import dev.sparkling.pipeline.status.CheckpointStatus;
import dev.sparkling.pipeline.status.TrainingFigures;
import dev.sparkling.trainer.run.TrainingListener;
import java.time.InstantSource;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The training's progress as one immutable record: the training's thread puts a new one after each
 * step, others take the newest whenever they like, and neither waits.
 */
public final class TrainerProgress implements TrainingListener {

  /** Of the mean that the speed is shown as. */
  private static final double SPEED_MEMORY = 0.9;

  private final RunPlan plan;
  private final ObjectStore store;
  private final InstantSource clock;
  private volatile @Nullable Progress newest;

  /**
   * Nothing is known before the training has restored its state.
   *
   * @param store rooted at the run
   */
  public TrainerProgress(RunPlan plan, ObjectStore store, InstantSource clock) {
    this.plan = plan;
    this.store = store;
    this.clock = clock;
  }

  public @Nullable Progress newest() {
    return newest;
  }

  @Override
  public void restored(StagePlan stage, long step, String from) {
    newest = StoredProgress.at(step, plan, stage, store);
  }

  @Override
  public void stepDone(Metrics.Step step) {
    update(
        before ->
            new Progress(
                before.stage(),
                before.lastStep(),
                before
                    .figures()
                    .updatedBy(
                        new TrainingFigures(
                            step.step(),
                            step.tokens(),
                            step.loss(),
                            null,
                            mean(before.figures().tokensPerSecond(), step.tokensPerSecond()))),
                before.start(),
                new StepDiagnostics(step.gradientNorm(), step.modelFlopsUtilization()),
                before.checkpoint(),
                now()));
  }

  @Override
  public void evaluated(Metrics.Evaluation evaluation) {
    update(
        before ->
            new Progress(
                before.stage(),
                before.lastStep(),
                before.figures().withValidationLoss(evaluation.validationLoss()),
                before.figures().validationLoss() == null
                    ? new StageStart(
                        evaluation.validationLoss(), evaluation.lastHiddenRms().orElse(null))
                    : before.start(),
                before.diagnostics(),
                before.checkpoint(),
                now()));
  }

  @Override
  public void checkpointed(Checkpointed checkpoint) {
    update(
        before ->
            new Progress(
                before.stage(),
                before.lastStep(),
                before.figures(),
                before.start(),
                before.diagnostics(),
                new CheckpointStatus(checkpoint.location(), checkpoint.step(), now()),
                now()));
  }

  /** On the training's thread alone; does nothing before the state is restored. */
  private void update(UnaryOperator<Progress> change) {
    Progress before = newest;
    if (before != null) {
      newest = change.apply(before);
    }
  }

  private static double mean(@Nullable Double before, double now) {
    return before == null ? now : SPEED_MEMORY * before + (1 - SPEED_MEMORY) * now;
  }

  private String now() {
    return clock.instant().toString();
  }
}
