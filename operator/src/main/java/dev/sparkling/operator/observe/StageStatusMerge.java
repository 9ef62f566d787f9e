package dev.sparkling.operator.observe;

import dev.sparkling.pipeline.job.Progress;
import dev.sparkling.pipeline.layout.RunLayout;
import dev.sparkling.pipeline.plan.StagePlan;
import dev.sparkling.pipeline.status.CheckpointStatus;
import dev.sparkling.pipeline.status.ExpansionStatus;
import dev.sparkling.pipeline.status.StageState;
import dev.sparkling.pipeline.status.StageStatus;
import dev.sparkling.pipeline.status.StageStatus.AttemptCounts;
import dev.sparkling.pipeline.status.StageStatus.StageTimes;
import dev.sparkling.pipeline.status.StageStatus.WorkerStatus;
import dev.sparkling.pipeline.status.TrainingFigures;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One stage's status: what was known, updated by what its jobs and its trainer report. */
final class StageStatusMerge {
  private final StagePlan stage;
  private final String storage;
  private final StageState state;
  private TrainingFigures figures;
  private @Nullable CheckpointStatus checkpoint;
  private AttemptCounts counts;
  private StageTimes times;
  private WorkerStatus worker;
  private @Nullable ExpansionStatus expansion;

  StageStatusMerge(StagePlan stage, @Nullable StageStatus known, String storage) {
    this.stage = stage;
    this.storage = storage;
    if (known == null) {
      this.state = StageState.PENDING;
      this.figures = TrainingFigures.at(stage.firstStep(), 0);
      this.counts = AttemptCounts.NONE;
      this.times = StageTimes.NONE;
      this.worker = WorkerStatus.NONE;
      return;
    }
    this.state = known.state();
    this.figures = known.figures();
    this.checkpoint = known.checkpoint();
    this.counts = known.counts();
    this.times = known.times();
    this.worker = new WorkerStatus(known.worker().pod(), null, null);
    this.expansion = known.expansion();
  }

  /**
   * Adds the current job, or the last one.
   *
   * @param queuedBefore whether the run waited for a quota already
   */
  void job(WorkerJob job, boolean queuedBefore) {
    if (times.startedAt() == null) {
      times = new StageTimes(job.startTime(), times.finishedAt());
    }
    int disruptions = counts.disruptions();
    String pod = worker.pod();
    Optional<WorkerPodState> newest = job.pod();
    if (newest.isPresent()) {
      WorkerPodState now = newest.get();
      if (pod != null && job.failures() <= counts.attempts() && job.isDisrupted(pod, now)) {
        disruptions++;
      }
      pod = now.name();
    }
    if (!queuedBefore && job.isHeldAgain()) {
      disruptions++;
    }
    counts = new AttemptCounts(job.failures(), disruptions);
    Optional<WorkerPodState.Waiting> blocked = job.blocked();
    worker =
        new WorkerStatus(
            pod,
            blocked.map(WorkerPodState.Waiting::reason).orElse(null),
            blocked.map(WorkerPodState.Waiting::message).or(job::saidLast).orElse(null));
  }

  void expansion(ExpansionStatus done) {
    expansion = expansion == null ? done : expansion;
  }

  /** Adds a trainer's report; what it leaves out keeps its last value. */
  void progress(Progress report) {
    figures = figures.updatedBy(report.figures());
    if (report.checkpoint() != null
        && (checkpoint == null || checkpoint.step() <= report.checkpoint().step())) {
      checkpoint = report.checkpoint();
    }
    Double first = report.start().firstValidationLoss();
    if (expansion != null && expansion.lossAfter() == null && first != null) {
      expansion =
          new ExpansionStatus(
              expansion.rmsBefore(),
              report.start().firstHiddenRms(),
              expansion.lossBefore(),
              first,
              expansion.seconds(),
              expansion.bytes(),
              expansion.warnings());
    }
  }

  /** The trainer's job is complete, which proves the stage's last checkpoint. */
  void trained(WorkerJob job) {
    if (times.finishedAt() == null) {
      times = new StageTimes(times.startedAt(), job.completionTime());
    }
    figures = figures.movedTo(stage.lastStep(), figures.tokens());
    worker = new WorkerStatus(worker.pod(), worker.waitingReason(), null);
    if (checkpoint == null || checkpoint.step() < stage.lastStep()) {
      checkpoint =
          new CheckpointStatus(
              storage + "/" + RunLayout.checkpoint(stage.name(), stage.lastStep()),
              stage.lastStep(),
              Objects.requireNonNullElse(times.finishedAt(), ""));
    }
  }

  StageStatus status() {
    return new StageStatus(
        stage.name(), state, figures, checkpoint, counts, times, worker, expansion);
  }
}
