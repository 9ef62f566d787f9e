package dev.sparkling.operator.observe;

import dev.sparkling.pipeline.job.JobResult;
import dev.sparkling.pipeline.job.Progress;
import dev.sparkling.pipeline.job.Work;
import dev.sparkling.pipeline.plan.RunPlan;
import dev.sparkling.pipeline.plan.StagePlan;
import dev.sparkling.pipeline.spec.ProgressiveTrainingSpec;
import dev.sparkling.pipeline.stage.Observed;
import dev.sparkling.pipeline.stage.StageObservation;
import dev.sparkling.pipeline.stage.Worker;
import dev.sparkling.pipeline.status.CheckpointStatus;
import dev.sparkling.pipeline.status.ExpansionStatus;
import dev.sparkling.pipeline.status.Phase;
import dev.sparkling.pipeline.status.ProgressiveTrainingStatus;
import dev.sparkling.pipeline.status.StageStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Merges what the status says already, which survives deleted jobs, with what jobs, pods and
 * trainers say now. A complete job proves the work done, because a worker exits with 0 for done
 * work only.
 */
public final class Observer {

  private final ProgressiveTrainingSpec spec;
  private final RunPlan plan;
  private final @Nullable ProgressiveTrainingStatus before;
  private final StageJobs jobs;
  private final Optional<Progress> progress;

  private Observer(
      ProgressiveTrainingSpec spec,
      RunPlan plan,
      @Nullable ProgressiveTrainingStatus before,
      StageJobs jobs,
      Optional<Progress> progress) {
    this.spec = spec;
    this.plan = plan;
    this.before = before;
    this.jobs = jobs;
    this.progress = progress;
  }

  /**
   * Observes a run.
   *
   * @param before its status so far
   * @param progress of the trainer at work, as it said last
   */
  public static Observation observe(
      ProgressiveTrainingSpec spec,
      RunPlan plan,
      @Nullable ProgressiveTrainingStatus before,
      StageJobs jobs,
      Optional<Progress> progress) {
    return new Observer(spec, plan, before, jobs, progress).observe();
  }

  private Observation observe() {
    List<StageObservation> observations = new ArrayList<>();
    List<StageStatus> stages = new ArrayList<>();
    for (StagePlan stage : plan.stages()) {
      Optional<WorkerJob> expander = jobs.find(stage.name(), Work.EXPAND);
      Optional<WorkerJob> trainer = jobs.find(stage.name(), Work.TRAIN);
      StageStatus status = status(stage, expander, trainer, stages);
      stages.add(status);
      CheckpointStatus checkpoint = status.checkpoint();
      observations.add(
          new StageObservation(
              status.expansion() != null,
              checkpoint == null ? OptionalLong.empty() : OptionalLong.of(checkpoint.step()),
              trainer.or(() -> expander).map(WorkerJob::worker).orElse(new Worker.None())));
    }
    return new Observation(
        new Observed(plan, spec.suspend(), spec.retries(), observations), stages);
  }

  private StageStatus status(
      StagePlan stage,
      Optional<WorkerJob> expander,
      Optional<WorkerJob> trainer,
      List<StageStatus> earlier) {
    StageStatus known = known(stage.index());
    StageStatusMerge merge = new StageStatusMerge(stage, known, spec.storage().uri());
    Optional<WorkerJob> latest = trainer.or(() -> expander);
    boolean queuedBefore = before != null && before.phase() == Phase.QUEUED;
    latest.ifPresent(job -> merge.job(job, queuedBefore));
    expander
        .filter(WorkerJob::isComplete)
        .ifPresent(job -> merge.expansion(expansion(job, earlier)));
    trainer.ifPresent(
        job -> {
          progress.filter(said -> stage.name().equals(said.stage())).ifPresent(merge::progress);
          job.lastWord().map(JobResult::progress).ifPresent(merge::progress);
          if (job.isComplete()) {
            merge.trained(job);
          }
        });
    return merge.status();
  }

  private static ExpansionStatus expansion(WorkerJob job, List<StageStatus> earlier) {
    ExpansionStatus said = job.result().map(JobResult::expansion).orElse(null);
    if (said != null) {
      return said;
    }
    Double lossBefore = earlier.getLast().figures().validationLoss();
    return new ExpansionStatus(null, null, lossBefore, null, null, null, List.of());
  }

  private @Nullable StageStatus known(int stage) {
    return before == null || before.stages().size() <= stage ? null : before.stages().get(stage);
  }
}
