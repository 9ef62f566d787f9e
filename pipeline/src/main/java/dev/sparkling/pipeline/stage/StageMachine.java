package dev.sparkling.pipeline.stage;

import dev.sparkling.pipeline.plan.StagePlan;
import dev.sparkling.pipeline.stage.Decision.Await;
import dev.sparkling.pipeline.stage.Decision.Complete;
import dev.sparkling.pipeline.stage.Decision.Fail;
import dev.sparkling.pipeline.stage.Decision.LaunchExpander;
import dev.sparkling.pipeline.stage.Decision.LaunchTrainer;
import dev.sparkling.pipeline.stage.Decision.Suspend;

/** Decides what a run does next, from observations only. It keeps no state between decisions. */
public final class StageMachine {

  private StageMachine() {}

  /** Decides what to do for the first stage that is not complete. */
  public static Decision decide(Observed observed) {
    for (StagePlan stage : observed.plan().stages()) {
      StageObservation seen = observed.stages().get(stage.index());
      if (!isComplete(stage, seen)) {
        return observed.suspended()
            ? new Suspend(stage, seen.worker() instanceof Worker.Active)
            : next(stage, seen, observed.retries());
      }
    }
    return new Complete();
  }

  private static Decision next(StagePlan stage, StageObservation seen, int retries) {
    return switch (seen.worker()) {
      case Worker.Active active -> new Await(stage, needsExpansion(stage, seen), active.activity());
      case Worker.Failed failed when isFinal(failed, retries) ->
          new Fail(stage, failed.errorClass(), failed.message());
      case Worker.Failed _, Worker.None _ ->
          needsExpansion(stage, seen) ? new LaunchExpander(stage) : new LaunchTrainer(stage);
    };
  }

  /** A stage is complete once its last checkpoint is. */
  private static boolean isComplete(StagePlan stage, StageObservation seen) {
    return seen.newestStep().orElse(-1) >= stage.lastStep();
  }

  /** A stage with checkpoints was expanded already, even if its expansion has been deleted. */
  private static boolean needsExpansion(StagePlan stage, StageObservation seen) {
    return stage.expansion() != null && !seen.expanded() && seen.newestStep().isEmpty();
  }

  private static boolean isFinal(Worker.Failed failed, int retries) {
    return !failed.errorClass().retried() || failed.attempts() > retries;
  }
}
