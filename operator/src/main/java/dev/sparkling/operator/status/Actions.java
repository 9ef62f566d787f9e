package dev.sparkling.operator.status;

import dev.sparkling.operator.observe.RunJobs;
import dev.sparkling.operator.observe.WorkerJob;
import dev.sparkling.operator.workload.Check;
import dev.sparkling.pipeline.job.Work;
import dev.sparkling.pipeline.plan.StagePlan;
import dev.sparkling.pipeline.stage.Decision;
import dev.sparkling.pipeline.stage.Hold;
import dev.sparkling.pipeline.status.HoldStatus;
import dev.sparkling.pipeline.status.ProgressiveTrainingStatus;
import dev.sparkling.pipeline.status.StageState;
import dev.sparkling.pipeline.status.StageStatus;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Derives what to change in the cluster from a decision. */
final class Actions {

  private final ProgressiveTrainingStatus status;
  private final RunJobs jobs;
  private final Instant now;
  private final List<Action> actions = new ArrayList<>();

  private Actions(ProgressiveTrainingStatus status, RunJobs jobs, Instant now) {
    this.status = status;
    this.jobs = jobs;
    this.now = now;
  }

  /**
   * Returns the actions of a decision, in their order.
   *
   * @param stored status before this pass
   * @param status status after this pass
   * @param now time of the pass
   */
  static List<Action> of(
      Decision decision,
      @Nullable ProgressiveTrainingStatus stored,
      ProgressiveTrainingStatus status,
      RunJobs jobs,
      Instant now) {
    Actions of = new Actions(status, jobs, now);
    jobs.lost().map(Action.Abandon::new).forEach(of.actions::add);
    of.stopFinishedStages();
    // The begin and the end of a hold are stored before a pass acts on them, because a pass may
    // fail
    // in between.
    if (!status.changesHolds(stored)) {
      of.add(decision);
    }
    return List.copyOf(of.actions);
  }

  /** Returns the actions that stop all workers of a run. */
  static List<Action> stopAll(RunJobs jobs) {
    return jobs.ofStages().filter(WorkerJob::isActive).<Action>map(Action.Stop::new).toList();
  }

  /** Stops the jobs of finished stages, which may still start another pod. */
  private void stopFinishedStages() {
    status.stages().stream()
        .filter(stage -> stage.state() == StageState.SUCCEEDED)
        .flatMap(stage -> jobs.ofStage(stage.name()))
        .filter(WorkerJob::isActive)
        .forEach(this::stop);
  }

  private void add(Decision decision) {
    switch (decision) {
      case Decision.LaunchTrainer(StagePlan stage) -> launch(stage, Work.TRAIN);
      case Decision.LaunchExpander(StagePlan stage) -> launch(stage, Work.EXPAND);
      case Decision.Suspend(StagePlan stage, _) ->
          Stream.concat(jobs.unfinished(stage.name()), check(stage).stream()).forEach(this::stop);
      case Decision.Wait wait -> hold(wait);
      case Decision.Await await -> check(await.stage()).ifPresent(this::stop);
      case Decision.Fail fail -> check(fail.stage()).ifPresent(this::stop);
      case Decision.Complete _ -> {
        // Nothing to change.
      }
    }
  }

  /** Creates a job, or deletes a failed one of the same name, which must be gone first. */
  private void launch(StagePlan stage, Work work) {
    check(stage).ifPresent(this::stop);
    jobs.find(stage.name(), work)
        .ifPresentOrElse(
            this::stop,
            () ->
                actions.add(
                    new Action.Launch(stage.name(), work, status(stage).counts().attempts())));
  }

  /**
   * Stops what is left of a held stage's worker and creates the check. A failed job is kept for its
   * log until the stage resumes.
   */
  private void hold(Decision.Wait wait) {
    StagePlan stage = wait.stage();
    HoldStatus hold = Objects.requireNonNull(status.holdOf(stage.index()));
    boolean ending = wait.hold().state() == Hold.State.ENDING;
    jobs.unfinished(stage.name()).filter(job -> ending || job.isActive()).forEach(this::stop);
    check(stage).filter(job -> !job.isCheckOf(hold.since())).ifPresent(this::stop);
    if (!ending
        && check(stage).isEmpty()
        && !now.isBefore(Check.begin(hold, status(stage).counts().holds()))) {
      actions.add(
          new Action.LaunchCheck(
              stage.name(), new Check(wait.expanding() ? Work.EXPAND : Work.TRAIN, hold)));
    }
  }

  private void stop(WorkerJob job) {
    actions.add(new Action.Stop(job));
  }

  private Optional<WorkerJob> check(StagePlan stage) {
    return jobs.find(stage.name(), Work.CHECK);
  }

  private StageStatus status(StagePlan stage) {
    return status.stages().get(stage.index());
  }
}
