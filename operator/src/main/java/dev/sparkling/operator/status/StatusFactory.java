package dev.sparkling.operator.status;

import dev.sparkling.operator.observe.Observation;
import dev.sparkling.pipeline.plan.RunPlan;
import dev.sparkling.pipeline.plan.StagePlan;
import dev.sparkling.pipeline.stage.Decision;
import dev.sparkling.pipeline.stage.Worker.Activity;
import dev.sparkling.pipeline.status.Condition;
import dev.sparkling.pipeline.status.Phase;
import dev.sparkling.pipeline.status.PlanStatus;
import dev.sparkling.pipeline.status.ProgressiveTrainingStatus;
import dev.sparkling.pipeline.status.StageState;
import dev.sparkling.pipeline.status.StageStatus;
import dev.sparkling.pipeline.status.StageStatus.AttemptCounts;
import dev.sparkling.pipeline.status.StageStatus.WorkerStatus;
import dev.sparkling.pipeline.status.TrainerStatus;
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

  /** Returns the status after a decision of the stage machine. */
  public ProgressiveTrainingStatus decided(
      RunPlan plan,
      Observation observation,
      Decision decision,
      @Nullable ProgressiveTrainingStatus before,
      long generation) {
    StagePlan current = stageOf(decision, plan);
    List<StageStatus> stages =
        plan.stages().stream()
            .map(
                stage ->
                    withState(
                        observation.stages().get(stage.index()),
                        state(stage, observation, current, decision),
                        decision))
            .toList();
    ProgressEstimate estimate = new ProgressEstimate(plan, stages, current);
    StageStatus currentStatus = stages.get(current.index());
    return new ProgressiveTrainingStatus(
        generation,
        decision.phase(),
        current.name(),
        estimate.summary(),
        conditions(decision, currentStatus, before, generation),
        estimate.trainerStatus(updatedAt(estimate, before)),
        planStatus(plan),
        stages);
  }

  /**
   * Returns the status of a run whose spec is invalid. A run that has started does not fail because
   * of an invalid edit: its worker continues, and another edit may fix the spec.
   */
  public ProgressiveTrainingStatus refused(
      @Nullable ProgressiveTrainingStatus before,
      boolean suspended,
      long generation,
      String message) {
    Conditions conditions = conditionsAfter(before, generation);
    return before == null || before.stages().isEmpty()
        ? with(before, Phase.FAILED, conditions.failed(Reason.INVALID_INPUT, message), generation)
        : with(
            before,
            suspended ? Phase.SUSPENDED : phaseOf(before),
            conditions.progressing(
                false,
                Reason.INVALID_INPUT.reason(),
                message + "; no new worker starts until this is fixed"),
            generation);
  }

  /** Returns the status after a failed pass, which is retried. */
  public ProgressiveTrainingStatus failedPass(
      @Nullable ProgressiveTrainingStatus before, long generation, Reason reason, String message) {
    // A run that was refused before it began, and was then edited, has not failed.
    Phase phase = phaseOf(before) == Phase.FAILED ? Phase.PENDING : phaseOf(before);
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
          generation, phase, null, null, conditions, null, null, List.of());
    }
    return new ProgressiveTrainingStatus(
        generation,
        phase,
        before.currentStage(),
        before.summary(),
        conditions,
        before.trainerStatus(),
        before.plan(),
        before.stages());
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
              Reason.of(fail.errorClass()), "stage " + fail.stage().name() + ": " + fail.message());
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
          case FAILED -> Reason.INTERNAL_ERROR;
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
      case Decision.Fail _ -> StageState.FAILED;
      case Decision.LaunchExpander _ -> StageState.EXPANDING;
      case Decision.LaunchTrainer _ -> StageState.TRAINING;
      case Decision.Await await -> await.expanding() ? StageState.EXPANDING : StageState.TRAINING;
      case Decision.Suspend _ -> observation.stages().get(stage.index()).state();
      case Decision.Complete _ -> StageState.SUCCEEDED;
    };
  }

  /**
   * Sets the state. Once a suspension has stopped the worker, the attempts are reset, and the
   * worker is forgotten, so that the end of its pod does not count as a disruption.
   */
  private static StageStatus withState(StageStatus stage, StageState state, Decision decision) {
    boolean suspended = decision instanceof Decision.Suspend(_, boolean active) && !active;
    return suspended
        ? stage.with(state, new AttemptCounts(0, stage.counts().disruptions()), WorkerStatus.NONE)
        : stage.with(state, stage.counts(), stage.worker());
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
