package dev.sparkling.operator.observe;

import dev.sparkling.pipeline.job.JobResult;
import dev.sparkling.pipeline.job.Work;
import dev.sparkling.pipeline.plan.RunPlan;
import dev.sparkling.pipeline.plan.StagePlan;
import dev.sparkling.pipeline.spec.ProgressiveTrainingSpec;
import dev.sparkling.pipeline.stage.Hold;
import dev.sparkling.pipeline.stage.Observed;
import dev.sparkling.pipeline.stage.StageObservation;
import dev.sparkling.pipeline.stage.Worker;
import dev.sparkling.pipeline.stage.Worker.Activity;
import dev.sparkling.pipeline.status.CheckpointStatus;
import dev.sparkling.pipeline.status.ExpansionStatus;
import dev.sparkling.pipeline.status.HoldStatus;
import dev.sparkling.pipeline.status.ProgressiveTrainingStatus;
import dev.sparkling.pipeline.status.StageState;
import dev.sparkling.pipeline.status.StageStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
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
  private final Demand demand;

  private Observer(
      ProgressiveTrainingSpec spec,
      RunPlan plan,
      @Nullable ProgressiveTrainingStatus before,
      RunJobs jobs,
      Optional<PolledProgress> polled,
      Demand demand) {
    this.spec = spec;
    this.plan = plan;
    this.before = before;
    this.jobs = jobs;
    this.polled = polled;
    this.demand = demand;
  }

  /**
   * Observes a run.
   *
   * @param before previous status of the run
   * @param polled last progress of the running trainer
   * @param demand what the user demands besides the spec
   */
  public static Observation observe(
      ProgressiveTrainingSpec spec,
      RunPlan plan,
      @Nullable ProgressiveTrainingStatus before,
      RunJobs jobs,
      Optional<PolledProgress> polled,
      Demand demand) {
    return new Observer(spec, plan, before, jobs, polled, demand).observe();
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
      Optional<Hold> hold = hold(status);
      observations.add(
          new StageObservation(
              status.expansion() != null,
              checkpoint == null ? OptionalLong.empty() : OptionalLong.of(checkpoint.step()),
              hold.map(known -> heldWorker(stage, known))
                  .orElseGet(() -> worker(stage, trainer.or(() -> expander))),
              status.counts().disruptionsInARow(),
              hold));
    }
    return new Observation(
        new Observed(plan, spec.suspend(), spec.retries(), observations),
        stages,
        isRetried(observations));
  }

  /** Returns the worker of a stage; at most one may be active, whatever job it belongs to. */
  private Worker worker(StagePlan stage, Optional<WorkerJob> job) {
    Worker worker = job.map(WorkerJob::worker).orElse(new Worker.None());
    if (worker instanceof Worker.Active) {
      return worker;
    }
    return jobs.orphan(stage.name())
        .<Worker>map(pod -> new Worker.Active(pod.activity()))
        .orElse(
            worker instanceof Worker.Failed && demand.retry().isPresent()
                ? new Worker.None()
                : worker);
  }

  /** Returns the worker of a held stage: what is left of the former one, or the check. */
  private Worker heldWorker(StagePlan stage, Hold hold) {
    boolean none =
        hold.state() == Hold.State.ENDED
            || (jobs.find(stage.name(), Work.CHECK).isEmpty() && !hasLeftovers(stage.name()));
    return none ? new Worker.None() : new Worker.Active(Activity.STARTING);
  }

  /**
   * Returns the hold of a stage. It ends when its check has ended, or at once after an edit or on
   * request; but not before the former job and its pod are gone, which would be mistaken for the
   * next ones.
   */
  private Optional<Hold> hold(StageStatus stage) {
    HoldStatus held = stage.hold();
    if (held == null) {
      return Optional.empty();
    }
    boolean mayResume =
        held.generation() != demand.generation()
            || demand.retry().isPresent()
            || check(stage).map(WorkerJob::hasEnded).orElse(false);
    Hold.State state =
        !mayResume
            ? Hold.State.WAITING
            : hasLeftovers(stage.name()) ? Hold.State.ENDING : Hold.State.ENDED;
    return Optional.of(new Hold(held.reason(), held.message(), state));
  }

  /** Returns the check that belongs to a stage's present hold. */
  private Optional<WorkerJob> check(StageStatus stage) {
    HoldStatus hold = Objects.requireNonNull(stage.hold());
    return jobs.find(stage.name(), Work.CHECK)
        .filter(job -> !job.isTerminating() && job.isCheckOf(hold.since()));
  }

  private boolean hasLeftovers(String stage) {
    return jobs.unfinished(stage).findAny().isPresent() || jobs.orphan(stage).isPresent();
  }

  private boolean isRetried(List<StageObservation> observations) {
    return demand.retry().isPresent()
        && observations.stream()
            .flatMap(stage -> stage.hold().stream())
            .allMatch(hold -> hold.state() == Hold.State.ENDED)
        && plan.stages().stream()
            .flatMap(stage -> jobs.unfinished(stage.name()))
            .noneMatch(job -> job.isTerminating() || job.worker() instanceof Worker.Failed);
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
    if (known != null && known.hold() != null) {
      merge.addCheck(check(known));
      return merge.status();
    }
    expander.or(() -> trainer).ifPresent(merge::addStart);
    trainer
        .or(() -> expander.filter(job -> !job.isComplete()))
        .ifPresentOrElse(
            job -> merge.addWorker(job, spec.suspend(), jobs.isLost(job)),
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
