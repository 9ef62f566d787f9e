package dev.sparkling.operator.observe;

import dev.sparkling.operator.observe.WorkerJob.PodFate;
import dev.sparkling.operator.observe.WorkerPodState.Waiting;
import dev.sparkling.pipeline.job.JobResult;
import dev.sparkling.pipeline.job.Progress;
import dev.sparkling.pipeline.layout.RunLayout;
import dev.sparkling.pipeline.plan.RunPlan;
import dev.sparkling.pipeline.plan.StagePlan;
import dev.sparkling.pipeline.status.CheckpointStatus;
import dev.sparkling.pipeline.status.ExpansionStatus;
import dev.sparkling.pipeline.status.HoldStatus;
import dev.sparkling.pipeline.status.StageState;
import dev.sparkling.pipeline.status.StageStatus;
import dev.sparkling.pipeline.status.StageStatus.AttemptCounts;
import dev.sparkling.pipeline.status.StageStatus.StageTimes;
import dev.sparkling.pipeline.status.StageStatus.WorkerStatus;
import dev.sparkling.pipeline.status.TrainingFigures;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Updates the previous status of a stage with its jobs and the progress of its trainer. */
final class StageStatusMerge {
  private final RunPlan plan;
  private final StagePlan stage;
  private final String storage;
  private final StageState state;
  private TrainingFigures figures;
  private @Nullable CheckpointStatus checkpoint;
  private AttemptCounts counts;
  private StageTimes times;
  private WorkerStatus worker;
  private @Nullable ExpansionStatus expansion;
  private final @Nullable HoldStatus hold;

  StageStatusMerge(RunPlan plan, StagePlan stage, @Nullable StageStatus known, String storage) {
    this.plan = plan;
    this.stage = stage;
    this.storage = storage;
    if (known == null) {
      this.state = StageState.PENDING;
      this.figures = TrainingFigures.at(stage.firstStep(), 0);
      this.counts = AttemptCounts.NONE;
      this.times = StageTimes.NONE;
      this.worker = WorkerStatus.NONE;
      this.hold = null;
      return;
    }
    this.state = known.state();
    this.figures = known.figures();
    this.checkpoint = known.checkpoint();
    this.counts = known.counts();
    this.times = known.times();
    this.worker = new WorkerStatus(known.worker().pod(), null, null);
    this.expansion = known.expansion();
    this.hold = known.hold();
  }

  /** Adds the start time of the stage's first job. */
  void addStart(WorkerJob job) {
    if (times.startedAt() == null) {
      times = new StageTimes(job.startTime(), times.finishedAt());
    }
  }

  /**
   * Adds the job that works on the stage, or worked on it last. The status names the pod whose end
   * has not been counted yet. Its end is counted once, when its fate is known, and the pod is then
   * replaced in the status.
   *
   * @param suspended whether the user suspended the run; stopping the worker is then not a
   *     disruption
   * @param lost whether the job's pod is on an unreachable node
   */
  void addWorker(WorkerJob job, boolean suspended, boolean lost) {
    String pod = worker.pod();
    if (pod != null) {
      switch (lost ? PodFate.DISRUPTED : job.fateOf(pod, counts.attempts())) {
        case OPEN -> {
          // Still running, or succeeded.
        }
        case FAILED, OTHER_JOB -> pod = null;
        case DISRUPTED -> {
          counts = suspended ? counts : counts.withDisruption();
          pod = null;
        }
      }
    }
    if (pod == null && !lost) {
      pod = job.currentPod().map(WorkerPodState::name).orElse(null);
    }
    counts = counts.withAttempts(Math.max(counts.attempts(), job.attempts()));
    Optional<Waiting> blocked = job.blocked();
    worker =
        new WorkerStatus(
            pod,
            blocked.map(Waiting::reason).orElse(null),
            blocked.map(Waiting::message).or(job::lastMessage).orElse(null));
  }

  /**
   * Sets the worker's status of a stage without a job: what blocks the pod that a deleted job left
   * behind, if anything does. The pod is not named, so its end does not count as a disruption.
   */
  void addOrphan(Optional<WorkerPodState> pod) {
    worker =
        pod.flatMap(WorkerPodState::blocked)
            .map(waiting -> new WorkerStatus(null, waiting.reason(), waiting.message()))
            .orElse(WorkerStatus.NONE);
  }

  /**
   * Sets the worker's status of a held stage: what keeps the check from starting, if anything does.
   */
  void addCheck(Optional<WorkerJob> check) {
    worker =
        check
            .flatMap(WorkerJob::blockedWithoutQueue)
            .map(waiting -> new WorkerStatus(null, waiting.reason(), waiting.message()))
            .orElse(WorkerStatus.NONE);
  }

  /** Adds the results of a complete expander, and resets the attempts for the trainer. */
  void addExpansion(ExpansionStatus done) {
    if (expansion == null) {
      expansion = done;
      counts = counts.withAttempts(0).withProgress();
    }
  }

  /** Adds a running trainer's progress, which does not prove that the stage is complete. */
  void addPolled(Progress answer) {
    addMeasurements(answer);
    if (answer.checkpoint() != null && answer.checkpoint().step() < stage.lastStep()) {
      addCheckpoint(answer.checkpoint());
    }
  }

  /** Adds the progress in the result of a trainer that has ended. */
  void addProgress(Progress result) {
    addMeasurements(result);
    if (result.checkpoint() != null) {
      addCheckpoint(result.checkpoint());
    }
  }

  /** Adds the measurements of a report; values that it lacks are kept. */
  private void addMeasurements(Progress report) {
    figures = figures.updatedBy(report.figures());
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

  private void addCheckpoint(CheckpointStatus newer) {
    if (checkpoint == null || checkpoint.step() < newer.step()) {
      counts = counts.withProgress();
    }
    if (checkpoint == null || checkpoint.step() <= newer.step()) {
      checkpoint = newer;
    }
  }

  /** Whether the stage's last checkpoint is complete according to a worker's result. */
  boolean hasLastCheckpoint() {
    return checkpoint != null && checkpoint.step() >= stage.lastStep();
  }

  /** Completes the stage: its figures become those of its last step. */
  void complete(WorkerJob job) {
    job.result().map(JobResult::progress).ifPresent(this::addProgress);
    figures = figures.movedTo(stage.lastStep(), stage.lastStep() * plan.tokensPerStep());
    if (times.finishedAt() == null) {
      times = new StageTimes(times.startedAt(), job.completionTime());
    }
    worker = new WorkerStatus(worker.pod(), null, null);
    if (!hasLastCheckpoint()) {
      checkpoint =
          new CheckpointStatus(
              storage + "/" + RunLayout.checkpoint(stage.name(), stage.lastStep()),
              stage.lastStep(),
              Objects.requireNonNullElse(times.finishedAt(), ""));
    }
  }

  StageStatus status() {
    return new StageStatus(
        stage.name(), state, figures, checkpoint, counts, times, worker, expansion, hold);
  }
}
