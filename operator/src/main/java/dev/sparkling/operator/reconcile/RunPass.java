package dev.sparkling.operator.reconcile;

import dev.sparkling.operator.api.ProgressiveTrainingResource;
import dev.sparkling.operator.observe.RunJobs;
import dev.sparkling.operator.observe.WorkerJob;
import dev.sparkling.operator.status.Assessment;
import dev.sparkling.operator.status.StatusFactory;
import dev.sparkling.operator.workload.Check;
import dev.sparkling.pipeline.job.Work;
import dev.sparkling.pipeline.plan.StagePlan;
import dev.sparkling.pipeline.stage.Decision;
import dev.sparkling.pipeline.stage.Hold;
import dev.sparkling.pipeline.status.ProgressiveTrainingStatus;
import dev.sparkling.pipeline.status.StageState;
import dev.sparkling.pipeline.status.StageStatus;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** One pass over a run: observe, decide, act, and one status patch. */
final class RunPass {

  /** Time until a pass sees an edit that a launch has noticed, but the cache had not. */
  private static final Duration SOON = Duration.ofMillis(500);

  private final ProgressPolling polling;
  private final EventLookup events;
  private final Workers workers;
  private final StatusFactory statuses;

  RunPass(ProgressPolling polling, EventLookup events, Workers workers, StatusFactory statuses) {
    this.polling = polling;
    this.events = events;
    this.workers = workers;
    this.statuses = statuses;
  }

  /**
   * Makes and carries out the next decision about a run.
   *
   * @param write writes the new status; returns whether the run was edited meanwhile
   * @return time until the next pass; empty if only an event triggers it
   */
  Optional<Duration> execute(
      ProgressiveTrainingResource run, RunJobs found, Predicate<ProgressiveTrainingStatus> write) {
    RunJobs jobs = events.addTo(found);
    return switch (Assessment.of(run, jobs, polling.latest(uid(run)), statuses)) {
      case Assessment.Refused(ProgressiveTrainingStatus status) -> {
        if (run.getSpec().suspend()) {
          stop(jobs.ofStages());
        }
        yield atOnceIf(write.test(status));
      }
      case Assessment.Decided(Decision decision, ProgressiveTrainingStatus status) -> {
        stop(ofFinishedStages(jobs, status));
        yield act(run, decision, status, jobs)
            ? atOnceIf(write.test(status)).or(() -> nextPass(run, decision, jobs))
            : Optional.of(SOON);
      }
    };
  }

  /** Returns the jobs of finished stages, which may still start another pod. */
  private static Stream<WorkerJob> ofFinishedStages(
      RunJobs jobs, ProgressiveTrainingStatus status) {
    return status.stages().stream()
        .filter(stage -> stage.state() == StageState.SUCCEEDED)
        .flatMap(stage -> jobs.ofStage(stage.name()));
  }

  private static Optional<Duration> atOnceIf(boolean edited) {
    return edited ? Optional.of(Duration.ZERO) : Optional.empty();
  }

  private Optional<Duration> nextPass(
      ProgressiveTrainingResource run, Decision decision, RunJobs jobs) {
    if (decision instanceof Decision.Wait wait && isNew(run, wait)) {
      return Optional.of(Duration.ZERO);
    }
    ResourceID id = ResourceID.fromResource(run);
    return jobs.trainer(decision)
        .map(pod -> polling.poll(uid(run), id, pod.name(), pod.address().orElseThrow()))
        .or(() -> events.nextLookup(jobs));
  }

  /** Acts on a decision; returns false if the run was edited, so that the decision is outdated. */
  private boolean act(
      ProgressiveTrainingResource run,
      Decision decision,
      ProgressiveTrainingStatus status,
      RunJobs jobs) {
    return switch (decision) {
      case Decision.LaunchTrainer(StagePlan stage) -> launch(run, stage, Work.TRAIN, status, jobs);
      case Decision.LaunchExpander(StagePlan stage) ->
          launch(run, stage, Work.EXPAND, status, jobs);
      case Decision.Suspend(StagePlan stage, _) -> {
        jobs.unfinished(stage.name()).forEach(workers::stop);
        jobs.find(stage.name(), Work.CHECK).ifPresent(workers::stop);
        yield true;
      }
      case Decision.Wait wait -> hold(run, wait, status.stages().get(wait.stage().index()), jobs);
      case Decision.Await _, Decision.Complete _, Decision.Fail _ -> true;
    };
  }

  /**
   * Stops what is left of a held stage's worker and creates the check. A failed job is kept for its
   * log until the stage resumes. A new hold must be in the stored status before its cause is
   * removed.
   */
  private boolean hold(
      ProgressiveTrainingResource run, Decision.Wait wait, StageStatus status, RunJobs jobs) {
    if (isNew(run, wait)) {
      return true;
    }
    String stage = wait.stage().name();
    boolean ending = wait.hold().state() == Hold.State.ENDING;
    jobs.unfinished(stage).filter(job -> ending || job.isActive()).forEach(workers::stop);
    int number = status.counts().holds();
    Optional<WorkerJob> check = jobs.find(stage, Work.CHECK);
    check.filter(job -> !job.isCheckOf(number)).ifPresent(workers::stop);
    return ending
        || check.isPresent()
        || workers.check(
            run,
            stage,
            new Check(wait.expanding() ? Work.EXPAND : Work.TRAIN, wait.hold().reason(), number));
  }

  /** Whether the stored status does not have the hold yet. */
  private static boolean isNew(ProgressiveTrainingResource run, Decision.Wait wait) {
    ProgressiveTrainingStatus before = run.getStatus();
    int index = wait.stage().index();
    return before == null
        || before.stages().size() <= index
        || before.stages().get(index).hold() == null;
  }

  /** Creates a job, or deletes a failed one of the same name, which must be gone first. */
  private boolean launch(
      ProgressiveTrainingResource run,
      StagePlan stage,
      Work work,
      ProgressiveTrainingStatus status,
      RunJobs jobs) {
    jobs.find(stage.name(), Work.CHECK).ifPresent(workers::stop);
    Optional<WorkerJob> failed = jobs.find(stage.name(), work);
    if (failed.isPresent()) {
      workers.stop(failed.get());
      return true;
    }
    int attempts = status.stages().get(stage.index()).counts().attempts();
    return workers.launch(run, stage.name(), work, attempts);
  }

  private void stop(Stream<WorkerJob> jobs) {
    jobs.filter(WorkerJob::isActive).forEach(workers::stop);
  }

  private static String uid(ProgressiveTrainingResource run) {
    return run.getMetadata().getUid();
  }
}
