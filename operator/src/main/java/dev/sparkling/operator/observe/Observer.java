package dev.sparkling.operator.observe;

import dev.sparkling.pipeline.job.JobResult;
import dev.sparkling.pipeline.job.Work;
import dev.sparkling.pipeline.plan.RunPlan;
import dev.sparkling.pipeline.plan.StagePlan;
import dev.sparkling.pipeline.spec.ProgressiveTrainingSpec;
import dev.sparkling.pipeline.stage.Observed;
import dev.sparkling.pipeline.stage.StageObservation;
import dev.sparkling.pipeline.stage.Worker;
import dev.sparkling.pipeline.status.CheckpointStatus;
import dev.sparkling.pipeline.status.ExpansionStatus;
import dev.sparkling.pipeline.status.ProgressiveTrainingStatus;
import dev.sparkling.pipeline.status.StageState;
import dev.sparkling.pipeline.status.StageStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Merges the previous status, which survives deleted jobs, with the current jobs, pods and reports.
 * A complete job proves that its work is done, because a worker exits with code 0 only then. The
 * status of a stage that has succeeded never changes.
 */
public final class Observer {

  private final ProgressiveTrainingSpec spec;
  private final RunPlan plan;
  private final @Nullable ProgressiveTrainingStatus before;
  private final RunJobs jobs;
  private final Optional<PolledProgress> polled;

  private Observer(
      ProgressiveTrainingSpec spec,
      RunPlan plan,
      @Nullable ProgressiveTrainingStatus before,
      RunJobs jobs,
      Optional<PolledProgress> polled) {
    this.spec = spec;
    this.plan = plan;
    this.before = before;
    this.jobs = jobs;
    this.polled = polled;
  }

  /**
   * Observes a run.
   *
   * @param before previous status of the run
   * @param polled last progress of the running trainer
   */
  public static Observation observe(
      ProgressiveTrainingSpec spec,
      RunPlan plan,
      @Nullable ProgressiveTrainingStatus before,
      RunJobs jobs,
      Optional<PolledProgress> polled) {
    return new Observer(spec, plan, before, jobs, polled).observe();
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
              worker(stage, trainer.or(() -> expander))));
    }
    return new Observation(
        new Observed(plan, spec.suspend(), spec.retries(), observations), stages);
  }

  /** Returns the worker of a stage; at most one may be active, whatever job it belongs to. */
  private Worker worker(StagePlan stage, Optional<WorkerJob> job) {
    Worker worker = job.map(WorkerJob::worker).orElse(new Worker.None());
    return worker instanceof Worker.Active
        ? worker
        : jobs.orphan(stage.name())
            .<Worker>map(pod -> new Worker.Active(pod.activity()))
            .orElse(worker);
  }

  private StageStatus status(
      StagePlan stage,
      Optional<WorkerJob> expander,
      Optional<WorkerJob> trainer,
      List<StageStatus> earlier) {
    StageStatus known = known(stage.index());
    if (known != null && known.state() == StageState.SUCCEEDED) {
      return known;
    }
    StageStatusMerge merge = new StageStatusMerge(plan, stage, known, spec.storage().uri());
    expander.or(() -> trainer).ifPresent(merge::addStart);
    trainer
        .or(() -> expander.filter(job -> !job.isComplete()))
        .ifPresentOrElse(
            job -> merge.addWorker(job, spec.suspend()),
            () -> merge.addOrphan(jobs.orphan(stage.name())));
    expander
        .filter(WorkerJob::isComplete)
        .ifPresent(job -> merge.addExpansion(expansion(job, earlier)));
    trainer.ifPresent(
        job -> {
          polled
              .filter(answer -> isOf(answer, stage, job))
              .filter(answer -> answer.isPlausibleFor(stage, plan.tokensPerStep()))
              .ifPresent(answer -> merge.addPolled(answer.progress()));
          job.newestResult().map(JobResult::progress).ifPresent(merge::addProgress);
          if (job.isComplete() || merge.hasLastCheckpoint()) {
            merge.complete(job);
          }
        });
    return merge.status();
  }

  private static boolean isOf(PolledProgress answer, StagePlan stage, WorkerJob job) {
    return stage.name().equals(answer.progress().stage())
        && job.newestPod().map(pod -> pod.name().equals(answer.pod())).orElse(false);
  }

  private static ExpansionStatus expansion(WorkerJob job, List<StageStatus> earlier) {
    ExpansionStatus reported = job.result().map(JobResult::expansion).orElse(null);
    if (reported != null) {
      return reported;
    }
    Double lossBefore = earlier.getLast().figures().validationLoss();
    return new ExpansionStatus(null, null, lossBefore, null, null, null, List.of());
  }

  private @Nullable StageStatus known(int stage) {
    return before == null || before.stages().size() <= stage ? null : before.stages().get(stage);
  }
}
