package dev.sparkling.operator.reconcile;

import dev.sparkling.operator.api.ProgressiveTrainingResource;
import dev.sparkling.operator.observe.RunJobs;
import dev.sparkling.operator.observe.WorkerJob;
import dev.sparkling.operator.status.Action;
import dev.sparkling.operator.status.Assessment;
import dev.sparkling.operator.status.StatusFactory;
import dev.sparkling.operator.workload.Check;
import dev.sparkling.pipeline.job.Work;
import dev.sparkling.pipeline.plan.StagePlan;
import dev.sparkling.pipeline.stage.Decision;
import dev.sparkling.pipeline.status.HoldStatus;
import dev.sparkling.pipeline.status.ProgressiveTrainingStatus;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;

/** One pass over a run: observe, decide, act, and one status patch. */
final class RunPass {

  /** Delay after which the cache should show a change that the API server has already reported. */
  static final Duration SOON = Duration.ofMillis(500);

  private final ProgressPolling polling;
  private final EventLookup events;
  private final Workers workers;
  private final StatusFactory statuses;
  private final InstantSource clock;

  RunPass(
      ProgressPolling polling,
      EventLookup events,
      Workers workers,
      StatusFactory statuses,
      InstantSource clock) {
    this.clock = clock;
    this.polling = polling;
    this.events = events;
    this.workers = workers;
    this.statuses = statuses;
  }

  /**
   * Makes and carries out the next decision about a run.
   *
   * @param write writes the new status; returns whether the run has changed in the meantime
   * @return time until the next pass; empty if only an event triggers it
   */
  Optional<Duration> execute(
      ProgressiveTrainingResource run, RunJobs found, Predicate<ProgressiveTrainingStatus> write) {
    RunJobs jobs = events.addTo(found);
    Assessment assessment = Assessment.of(run, jobs, polling.latest(uid(run)), statuses);
    for (Action action : assessment.actions()) {
      if (!carryOut(run, action)) {
        return Optional.of(SOON);
      }
    }
    if (write.test(assessment.status())) {
      return Optional.of(SOON);
    }
    return assessment instanceof Assessment.Decided(Decision decision, _, _)
        ? nextPass(run, decision, assessment.status(), jobs)
        : Optional.empty();
  }

  /**
   * Carries out an action; returns false if the run has been edited since, which makes the action
   * obsolete.
   */
  private boolean carryOut(ProgressiveTrainingResource run, Action action) {
    return switch (action) {
      case Action.Launch(String stage, Work work, int attempts) ->
          workers.launch(run, stage, work, attempts);
      case Action.LaunchCheck(String stage, Check check) -> workers.check(run, stage, check);
      case Action.Stop(WorkerJob job) -> {
        workers.stop(job);
        yield true;
      }
      case Action.Abandon(WorkerJob job) -> {
        workers.abandon(job);
        yield true;
      }
    };
  }

  private Optional<Duration> nextPass(
      ProgressiveTrainingResource run,
      Decision decision,
      ProgressiveTrainingStatus status,
      RunJobs jobs) {
    if (status.changesHolds(run.getStatus())) {
      // The next pass acts on it.
      return Optional.of(Duration.ZERO);
    }
    ResourceID id = ResourceID.fromResource(run);
    return jobs.trainer(decision)
        .map(pod -> polling.poll(uid(run), id, pod.name(), pod.address().orElseThrow()))
        .or(() -> events.nextLookup(jobs))
        .or(jobs::untilStuck)
        .or(() -> untilCheck(decision, status));
  }

  /** Returns the time until a held stage's check begins; empty if it has begun. */
  private Optional<Duration> untilCheck(Decision decision, ProgressiveTrainingStatus status) {
    if (!(decision instanceof Decision.Wait(StagePlan stage, _, _))) {
      return Optional.empty();
    }
    HoldStatus hold = Objects.requireNonNull(status.holdOf(stage.index()));
    int holds = status.stages().get(stage.index()).counts().holds();
    return Optional.of(Duration.between(clock.instant(), Check.begin(hold, holds)))
        .filter(Duration::isPositive);
  }

  private static String uid(ProgressiveTrainingResource run) {
    return run.getMetadata().getUid();
  }
}
