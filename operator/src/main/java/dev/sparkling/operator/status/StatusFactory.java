package dev.sparkling.operator.status;

import dev.sparkling.operator.api.ProgressiveTrainingResource;
import dev.sparkling.operator.observe.Demand;
import dev.sparkling.operator.observe.Observation;
import dev.sparkling.pipeline.plan.RunPlan;
import dev.sparkling.pipeline.plan.StagePlan;
import dev.sparkling.pipeline.stage.Decision;
import dev.sparkling.pipeline.stage.Hold;
import dev.sparkling.pipeline.stage.Worker.Activity;
import dev.sparkling.pipeline.status.Condition;
import dev.sparkling.pipeline.status.HoldStatus;
import dev.sparkling.pipeline.status.Phase;
import dev.sparkling.pipeline.status.PlanStatus;
import dev.sparkling.pipeline.status.ProgressiveTrainingStatus;
import dev.sparkling.pipeline.status.StageState;
import dev.sparkling.pipeline.status.StageStatus;
import dev.sparkling.pipeline.status.StageStatus.AttemptCounts;
import dev.sparkling.pipeline.status.StageStatus.WorkerStatus;
import dev.sparkling.pipeline.status.TrainerStatus;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Builds the statuses of runs. */
public final class StatusFactory {

  private final InstantSource clock;

  public StatusFactory(InstantSource clock) {
    this.clock = clock;
  }

  Instant now() {
    return clock.instant();
  }

  /** Returns the status after a decision of the stage machine. */
  public ProgressiveTrainingStatus decided(
      RunPlan plan,
      Observation observation,
      Decision decision,
      @Nullable ProgressiveTrainingStatus before,
      Demand demand) {
    StagePlan current = stageOf(decision, plan);
    List<StageStatus> stages =
        plan.stages().stream()
            .map(
                stage -> {
                  StageStatus observed = observation.stages().get(stage.index());
                  StageState state = state(stage, observation, current, decision);
                  return stage.index() == current.index()
                      ? currentStage(observed, state, decision, demand)
                      : observed.with(state, observed.counts(), observed.worker(), null);
                })
            .toList();
    ProgressEstimate estimate = new ProgressEstimate(plan, stages, current);
    StageStatus currentStatus = stages.get(current.index());
    return new ProgressiveTrainingStatus(
        demand.generation(),
        decision.phase(),
        current.name(),
        estimate.summary(),
        conditions(decision, currentStatus, before, demand.generation()),
        estimate.trainerStatus(updatedAt(estimate, before)),
        planStatus(plan),
        stages,
        observation.retried() ? demand.retry().orElse(null) : retryOf(before));
  }

  private static @Nullable String retryOf(@Nullable ProgressiveTrainingStatus before) {
    return before == null ? null : before.retry();
  }

  /**
   * Returns the status of a run whose spec is invalid, which waits for an edit. Such an edit does
   * not stop a worker.
   *
   * @param working whether a job is active
   */
  public ProgressiveTrainingStatus refused(
      ProgressiveTrainingResource run, boolean working, String message) {
    ProgressiveTrainingStatus before = run.getStatus();
    long generation = run.getMetadata().getGeneration();
    boolean started = hasStarted(before);
    Phase phase = started && working ? phaseOf(before) : Phase.HELD;
    return with(
        before,
        started && run.getSpec().suspend() ? Phase.SUSPENDED : phase,
        conditionsAfter(before, generation)
            .progressing(
                false,
                Reason.INVALID_INPUT.reason(),
                started ? message + "; no new worker starts until this is fixed" : message),
        generation);
  }

  /** Returns the status after a failed pass, which is retried. */
  public ProgressiveTrainingStatus failedPass(
      @Nullable ProgressiveTrainingStatus before, long generation, Reason reason, String message) {
    // A failed run is only reconciled if it is being tried again, and a run that was refused before
    // it began has been edited if its job is launched.
    boolean isOver =
        phaseOf(before) == Phase.FAILED || (phaseOf(before) == Phase.HELD && !hasStarted(before));
    Phase phase = isOver ? Phase.PENDING : phaseOf(before);
    return with(
        before,
        phase,
        conditionsAfter(before, generation).progressing(false, reason.reason(), message),
        generation);
  }

  /** Returns the status of a run that is being deleted. */
  public ProgressiveTrainingStatus deleting(
      @Nullable ProgressiveTrainingStatus before, long generation, Reason reason, String message) {
    return with(
        before,
        phaseOf(before),
        conditionsAfter(before, generation).deleting(reason, message),
        generation);
  }

  private static boolean hasStarted(@Nullable ProgressiveTrainingStatus before) {
    return before != null && !before.stages().isEmpty();
  }

  private static Phase phaseOf(@Nullable ProgressiveTrainingStatus before) {
    return before == null || before.phase() == null ? Phase.PENDING : before.phase();
  }

  private static ProgressiveTrainingStatus with(
      @Nullable ProgressiveTrainingStatus before,
      Phase phase,
      List<Condition> conditions,
      long generation) {
    if (before == null) {
      return new ProgressiveTrainingStatus(
          generation, phase, null, null, conditions, null, null, List.of(), null);
    }
    return new ProgressiveTrainingStatus(
        generation,
        phase,
        before.currentStage(),
        before.summary(),
        conditions,
        before.trainerStatus(),
        before.plan(),
        before.stages(),
        before.retry());
  }

  private List<Condition> conditions(
      Decision decision,
      StageStatus current,
      @Nullable ProgressiveTrainingStatus before,
      long generation) {
    Conditions conditions = conditionsAfter(before, generation);
    String waiting = current.worker().waitingReason();
    return switch (decision) {
      case Decision.Complete _ -> conditions.succeeded();
      case Decision.Fail fail ->
          conditions.failed(
              fail.reason().text(), "stage " + fail.stage().name() + ": " + fail.message());
      case Decision.Wait(StagePlan stage, _, Hold hold) ->
          conditions.progressing(
              false,
              hold.reason(),
              "stage %s is held: %s. The run resumes automatically once this problem is fixed%s"
                  .formatted(stage.name(), hold.message(), checkTrouble(hold, current.worker())));
      case Decision.Await await when waiting != null && mayBeStalled(await.activity()) ->
          conditions.progressing(
              false,
              waiting,
              current.worker().message() == null ? waiting : current.worker().message());
      case Decision.Await await
          when await.activity() == Activity.STARTING && current.worker().message() != null ->
          conditions.progressing(
              false,
              Reason.RETRYING.reason(),
              Reason.RETRYING.defaultMessage() + "; last message: " + current.worker().message());
      case Decision.Await await ->
          progressing(conditions, decision, await.activity() == Activity.WORKING);
      case Decision.LaunchExpander _, Decision.LaunchTrainer _, Decision.Suspend _ ->
          progressing(conditions, decision, false);
    };
  }

  /** Returns why the check of a held stage does not start; empty if it does. */
  private static String checkTrouble(Hold hold, WorkerStatus check) {
    String reason = check.waitingReason();
    return reason == null || reason.equals(hold.reason())
        ? ""
        : "; its check cannot start: " + reason + ": " + check.message();
  }

  /**
   * Whether a worker with this activity may be unable to start. Of a worker that is starting, only
   * events show that; the phase of the run then stays the same.
   */
  private static boolean mayBeStalled(Activity activity) {
    return switch (activity) {
      case STARTING, BLOCKED -> true;
      case QUEUED, WORKING -> false;
    };
  }

  private static List<Condition> progressing(
      Conditions conditions, Decision decision, boolean working) {
    Reason reason =
        switch (decision.phase()) {
          case PENDING -> Reason.PENDING;
          case QUEUED -> Reason.QUEUED;
          case TRAINING -> Reason.TRAINING;
          case EXPANDING -> Reason.EXPANDING;
          case SUSPENDED -> Reason.SUSPENDED;
          case SUCCEEDED -> Reason.SUCCEEDED;
          case HELD, FAILED -> Reason.INTERNAL_ERROR;
        };
    return conditions.progressing(working, reason.reason(), reason.defaultMessage());
  }

  private Conditions conditionsAfter(@Nullable ProgressiveTrainingStatus before, long generation) {
    return new Conditions(
        before == null ? List.of() : before.conditions(), generation, clock.instant());
  }

  /** Returns the time of the last change, which is now if the values have changed. */
  private String updatedAt(ProgressEstimate estimate, @Nullable ProgressiveTrainingStatus before) {
    TrainerStatus known = before == null ? null : before.trainerStatus();
    String since = known == null ? null : known.lastUpdatedTime();
    return since != null && estimate.trainerStatus(since).equals(known)
        ? since
        : clock.instant().truncatedTo(ChronoUnit.SECONDS).toString();
  }

  private static StagePlan stageOf(Decision decision, RunPlan plan) {
    return switch (decision) {
      case Decision.LaunchExpander(StagePlan stage) -> stage;
      case Decision.LaunchTrainer(StagePlan stage) -> stage;
      case Decision.Await await -> await.stage();
      case Decision.Suspend suspend -> suspend.stage();
      case Decision.Wait wait -> wait.stage();
      case Decision.Fail fail -> fail.stage();
      case Decision.Complete _ -> plan.stages().getLast();
    };
  }

  private static StageState state(
      StagePlan stage, Observation observation, StagePlan current, Decision decision) {
    if (decision instanceof Decision.Complete || stage.index() < current.index()) {
      return StageState.SUCCEEDED;
    }
    if (stage.index() > current.index()) {
      return StageState.PENDING;
    }
    return switch (decision) {
      case Decision.Wait _ -> StageState.HELD;
      case Decision.Fail _ -> StageState.FAILED;
      case Decision.LaunchExpander _ -> StageState.EXPANDING;
      case Decision.LaunchTrainer _ -> StageState.TRAINING;
      case Decision.Await await -> await.expanding() ? StageState.EXPANDING : StageState.TRAINING;
      case Decision.Suspend _ -> observation.stages().get(stage.index()).state();
      case Decision.Complete _ -> StageState.SUCCEEDED;
    };
  }

  /**
   * Returns the status of the current stage. A hold, a retry on request and a suspension that has
   * stopped the worker reset the attempts and forget the worker, so that the end of its pod does
   * not count as a disruption.
   */
  private StageStatus currentStage(
      StageStatus observed, StageState state, Decision decision, Demand demand) {
    AttemptCounts fresh = observed.counts().withAttempts(0);
    AttemptCounts counts = demand.retry().isPresent() ? fresh : observed.counts();
    HoldStatus held = observed.hold();
    return switch (decision) {
      case Decision.Wait _ when held != null ->
          observed.with(state, observed.counts(), observed.worker(), held);
      case Decision.Wait(_, _, Hold hold) ->
          observed.with(
              state,
              observed.counts().withHold(),
              WorkerStatus.NONE,
              new HoldStatus(
                  hold.reason(),
                  String.join("; ", hold.message().lines().toList()),
                  demand.generation(),
                  clock.instant().truncatedTo(ChronoUnit.SECONDS).toString()));
      case Decision.Suspend(_, boolean active) when active ->
          observed.with(state, observed.counts(), observed.worker(), held);
      case Decision.Suspend _ ->
          observed.with(state, fresh.withProgress(), WorkerStatus.NONE, null);
      case Decision.LaunchExpander _,
          Decision.LaunchTrainer _,
          Decision.Await _,
          Decision.Complete _,
          Decision.Fail _ ->
          observed.with(state, counts, observed.worker(), null);
    };
  }

  private static PlanStatus planStatus(RunPlan plan) {
    return new PlanStatus(
        plan.stages().stream()
            .map(
                stage ->
                    new PlanStatus.StagePlanStatus(
                        stage.name(), stage.parameters().total(), stage.parameters().active()))
            .toList(),
        plan.flops(),
        plan.flopsSaved());
  }
}
