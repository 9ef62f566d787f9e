package dev.sparkling.operator.status;

import dev.sparkling.operator.api.ProgressiveTrainingResource;
import dev.sparkling.operator.observe.Demand;
import dev.sparkling.operator.observe.Observation;
import dev.sparkling.operator.observe.Observer;
import dev.sparkling.operator.observe.PolledProgress;
import dev.sparkling.operator.observe.RunJobs;
import dev.sparkling.operator.observe.WorkerJob;
import dev.sparkling.pipeline.plan.RunPlan;
import dev.sparkling.pipeline.stage.Decision;
import dev.sparkling.pipeline.stage.StageMachine;
import dev.sparkling.pipeline.status.ProgressiveTrainingStatus;
import dev.sparkling.pipeline.validation.Problems;
import dev.sparkling.pipeline.validation.SpecValidator;
import java.util.List;
import java.util.Optional;

/** The result of assessing a run: its new status, and what to do. */
public sealed interface Assessment {

  /** Returns the status to write. */
  ProgressiveTrainingStatus status();

  /** Returns what to change in the cluster. */
  List<Action> actions();

  /** The spec is invalid. */
  record Refused(ProgressiveTrainingStatus status, List<Action> actions) implements Assessment {}

  /** The spec is valid, and the stage machine has decided. */
  record Decided(Decision decision, ProgressiveTrainingStatus status, List<Action> actions)
      implements Assessment {}

  /**
   * Assesses a run.
   *
   * @param polled last progress of the running trainer
   */
  static Assessment of(
      ProgressiveTrainingResource run,
      RunJobs jobs,
      Optional<PolledProgress> polled,
      StatusFactory statuses) {
    Problems problems = new Problems();
    SpecValidator.validate(run.asDocument(), problems);
    if (!problems.isEmpty()) {
      String message = String.join("; ", problems.lines());
      boolean working = jobs.ofStages().anyMatch(WorkerJob::isActive);
      return new Refused(
          statuses.refused(run, working, message),
          run.getSpec().suspend() ? Actions.stopAll(jobs) : List.of());
    }
    RunPlan plan = RunPlan.of(run.getSpec());
    Demand demand = new Demand(run.getMetadata().getGeneration(), run.requestedRetry());
    Observation observation =
        Observer.observe(run.getSpec(), plan, run.getStatus(), jobs, polled, demand);
    Decision decision = StageMachine.decide(observation.observed());
    ProgressiveTrainingStatus status =
        statuses.decided(plan, observation, decision, run.getStatus(), demand);
    return new Decided(
        decision, status, Actions.of(decision, run.getStatus(), status, jobs, statuses.now()));
  }
}
