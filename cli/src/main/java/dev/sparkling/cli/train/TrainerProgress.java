package dev.sparkling.cli.train;

import dev.sparkling.checkpoint.format.Manifest;
import dev.sparkling.checkpoint.run.FencedCheckpoint;
import dev.sparkling.checkpoint.run.Metrics;
import dev.sparkling.checkpoint.run.Metrics.Evaluation;
import dev.sparkling.checkpoint.run.RunWriter;
import dev.sparkling.pipeline.job.Progress;
import dev.sparkling.pipeline.job.Progress.StageStart;
import dev.sparkling.pipeline.job.Progress.StepDiagnostics;
import dev.sparkling.pipeline.plan.RunPlan;
import dev.sparkling.pipeline.plan.StagePlan;
import dev.sparkling.pipeline.status.CheckpointStatus;
import dev.sparkling.pipeline.status.TrainingFigures;
import dev.sparkling.trainer.run.TrainingListener;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A stage's progress as one immutable record, which is first read from the store and then updated
 * by the trainer's events. The training thread replaces the record after each step; other threads
 * read the latest one without locking.
 */
final class TrainerProgress implements TrainingListener {

  /** Weight of the previous value in the moving average of the speed. */
  private static final double PREVIOUS_SPEED_WEIGHT = 0.9;

  private final RunPlan plan;
  private final RunWriter run;
  private final InstantSource clock;
  private volatile @Nullable Progress newest;

  /**
   * Creates a listener whose progress is unknown until training has restored its state.
   *
   * @param run writer of the run
   */
  TrainerProgress(RunPlan plan, RunWriter run, InstantSource clock) {
    this.plan = plan;
    this.run = run;
    this.clock = clock;
  }

  /** Returns the latest progress; null if there is none yet. */
  @Nullable Progress newest() {
    return newest;
  }

  /**
   * Returns the progress that is recorded in the store.
   *
   * @param step step of the newest checkpoint; the stage's first step if it has none
   */
  Progress stored(StagePlan stage, long step) {
    Metrics metrics = Metrics.read(run.store(), stage.name());
    // Steps after the checkpoint will be repeated.
    metrics.truncate(step == stage.firstStep() ? -1 : step);
    Optional<Metrics.Step> last = metrics.lastStep();
    List<Evaluation> evaluations = metrics.evaluations();
    TrainingFigures figures =
        last.map(Metrics.Step::figures)
            .orElse(TrainingFigures.at(step, 0))
            .movedTo(step, step * plan.tokensPerStep());
    return new Progress(
        stage.name(),
        stage.lastStep(),
        evaluations.isEmpty()
            ? figures
            : figures.withValidationLoss(evaluations.getLast().validationLoss()),
        evaluations.stream()
            .findFirst()
            .filter(evaluation -> evaluation.step() == stage.firstStep())
            .map(TrainerProgress::start)
            .orElse(StageStart.UNKNOWN),
        last.map(TrainerProgress::diagnostics).orElse(StepDiagnostics.UNKNOWN),
        checkpoint(stage, step),
        now());
  }

  @Override
  public void restored(StagePlan stage, long step, String from) {
    newest = stored(stage, step);
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
                        step.figures()
                            .withTokensPerSecond(
                                mean(before.figures().tokensPerSecond(), step.tokensPerSecond()))),
                before.start(),
                diagnostics(step),
                before.checkpoint(),
                now()));
  }

  @Override
  public void evaluated(Evaluation evaluation) {
    update(
        before ->
            new Progress(
                before.stage(),
                before.lastStep(),
                before.figures().withValidationLoss(evaluation.validationLoss()),
                before.figures().validationLoss() == null ? start(evaluation) : before.start(),
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

  /** Replaces the record, on the training thread only; does nothing before the first one. */
  private void update(UnaryOperator<Progress> change) {
    Progress before = newest;
    if (before != null) {
      newest = change.apply(before);
    }
  }

  private @Nullable CheckpointStatus checkpoint(StagePlan stage, long step) {
    return run.checkpoints()
        .at(stage.name(), step)
        .map(FencedCheckpoint::folder)
        .flatMap(
            folder ->
                run.store()
                    .find(folder + "/" + Manifest.NAME)
                    .map(
                        manifest ->
                            new CheckpointStatus(
                                run.store().location(folder),
                                step,
                                manifest.modified().toString())))
        .orElse(null);
  }

  private static StageStart start(Evaluation evaluation) {
    return new StageStart(evaluation.validationLoss(), evaluation.lastHiddenRms().orElse(null));
  }

  private static StepDiagnostics diagnostics(Metrics.Step step) {
    return new StepDiagnostics(step.gradientNorm(), step.modelFlopsUtilization());
  }

  private static double mean(@Nullable Double before, double now) {
    return before == null
        ? now
        : PREVIOUS_SPEED_WEIGHT * before + (1 - PREVIOUS_SPEED_WEIGHT) * now;
  }

  private String now() {
    return clock.instant().toString();
  }
}
