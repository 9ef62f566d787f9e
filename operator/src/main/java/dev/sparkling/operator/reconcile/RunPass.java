package dev.sparkling.operator.reconcile;

import dev.sparkling.operator.api.ProgressiveTrainingResource;
import dev.sparkling.operator.observe.Observation;
import dev.sparkling.operator.observe.Observer;
import dev.sparkling.operator.observe.StageJobs;
import dev.sparkling.operator.observe.WorkerJob;
import dev.sparkling.operator.status.StatusFactory;
import dev.sparkling.pipeline.job.Work;
import dev.sparkling.pipeline.plan.RunPlan;
import dev.sparkling.pipeline.plan.StagePlan;
import dev.sparkling.pipeline.stage.Decision;
import dev.sparkling.pipeline.stage.StageMachine;
import dev.sparkling.pipeline.status.ProgressiveTrainingStatus;
import dev.sparkling.pipeline.validation.Problems;
import dev.sparkling.pipeline.validation.SpecValidator;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** One look at a run: observe, decide, act, and one status patch. */
final class RunPass {

  private final ProgressPolling polling;
  private final Warnings warnings;
  private final Workers workers;
  private final StatusFactory statuses;

  RunPass(ProgressPolling polling, Warnings warnings, Workers workers, StatusFactory statuses) {
    this.polling = polling;
    this.warnings = warnings;
    this.workers = workers;
    this.statuses = statuses;
  }

  /**
   * Takes a run one decision further.
   *
   * @param write takes the status afterwards
   * @return when to look again at the latest; empty where events will tell
   */
  Optional<Duration> over(
      ProgressiveTrainingResource run, StageJobs found, Consumer<ProgressiveTrainingStatus> write) {
    ProgressiveTrainingStatus before = run.getStatus();
    long generation = run.getMetadata().getGeneration();
    Problems problems = new Problems();
    SpecValidator.validate(run.asDocument(), problems);
    if (!problems.isEmpty()) {
      boolean suspended = run.getSpec().suspend();
      if (suspended) {
        stop(found.ofStages());
      }
      String message = String.join("; ", problems.lines());
      write.accept(statuses.refused(before, suspended, generation, message));
      return Optional.empty();
    }
    String uid = run.getMetadata().getUid();
    RunPlan plan = RunPlan.of(run.getSpec());
    StageJobs jobs = warnings.addTo(found);
    Observation observation =
        Observer.observe(run.getSpec(), plan, before, jobs, polling.latest(uid));
    Decision decision = StageMachine.decide(observation.observed());
    act(run, decision, jobs);
    write.accept(statuses.decided(plan, observation, decision, before, generation));
    ResourceID id = ResourceID.fromResource(run);
    return jobs.trainerAt(decision)
        .map(address -> polling.ask(uid, id, address))
        .or(() -> warnings.lookAgain(jobs));
  }

  private void act(ProgressiveTrainingResource run, Decision decision, StageJobs jobs) {
    switch (decision) {
      case Decision.LaunchTrainer(StagePlan stage) -> workers.launch(run, stage.name(), Work.TRAIN);
      case Decision.LaunchExpander(StagePlan stage) ->
          workers.launch(run, stage.name(), Work.EXPAND);
      case Decision.Suspend(StagePlan stage, boolean workerActive) -> {
        if (workerActive) {
          stop(jobs.of(stage.name()));
        }
      }
      case Decision.Await _, Decision.Complete _, Decision.Fail _ -> {
        // Nothing to do but to say so.
      }
    }
  }

  private void stop(Stream<WorkerJob> jobs) {
    jobs.filter(WorkerJob::isActive).forEach(workers::stop);
  }
}
