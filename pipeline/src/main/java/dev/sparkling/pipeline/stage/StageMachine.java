package dev.sparkling.pipeline.stage;

import dev.sparkling.pipeline.plan.StagePlan;
import dev.sparkling.pipeline.stage.Decision.Await;
import dev.sparkling.pipeline.stage.Decision.Complete;
import dev.sparkling.pipeline.stage.Decision.Fail;
import dev.sparkling.pipeline.stage.Decision.LaunchExpander;
import dev.sparkling.pipeline.stage.Decision.LaunchTrainer;
import dev.sparkling.pipeline.stage.Decision.Suspend;
import java.util.Optional;

/** Decides what a run does next, from observations only. It keeps no state between decisions. */
public final class StageMachine {

  /** Number of lost workers in a row after which a stage is held. */
  static final int MOST_DISRUPTIONS = 10;

  private StageMachine() {}

  /** Decides what to do for the first stage that is not complete. */
  public static Decision decide(Observed observed) {
    for (StagePlan stage : observed.plan().stages()) {
      StageObservation seen = observed.stages().get(stage.index());
      if (!isComplete(stage, seen)) {
        return observed.suspended()
            ? new Suspend(stage, !(seen.worker() instanceof Worker.None))
            : next(stage, seen, observed.retries());
      }
    }
    return new Complete();
  }

  private static Decision next(StagePlan stage, StageObservation seen, int retries) {
    boolean expanding = needsExpansion(stage, seen);
    Optional<Hold> open = seen.hold().filter(hold -> hold.state() != Hold.State.ENDED);
    if (open.isPresent()) {
      return new Decision.Wait(stage, expanding, open.get());
    }
    return switch (seen.worker()) {
      case Worker.Stuck stuck -> hold(stage, expanding, stuck.reason(), stuck.message());
      case Worker.Failed failed when !isRetried(failed, retries) ->
          failed.reason().held()
              ? hold(stage, expanding, failed.reason().text(), failed.message())
              : new Fail(stage, failed.reason(), failed.message());
      case Worker _ when seen.disruptions() >= MOST_DISRUPTIONS ->
          hold(stage, expanding, "TooManyDisruptions", tooMany(seen.disruptions()));
      case Worker.Active active -> new Await(stage, expanding, active.activity());
      case Worker.Failed _, Worker.None _ ->
          expanding ? new LaunchExpander(stage) : new LaunchTrainer(stage);
    };
  }

  private static Decision hold(StagePlan stage, boolean expanding, String reason, String message) {
    return new Decision.Wait(stage, expanding, new Hold(reason, message, Hold.State.WAITING));
  }

  private static String tooMany(int disruptions) {
    return disruptions
        + " pods in a row were lost to eviction, preemption, node failure or deletion without"
        + " writing a checkpoint; write checkpoints more often"
        + " (spec.training.checkpoints.everySteps), or use nodes that are reclaimed less often";
  }

  /** A stage is complete once its last checkpoint is. */
  private static boolean isComplete(StagePlan stage, StageObservation seen) {
    return seen.newestStep().orElse(-1) >= stage.lastStep();
  }

  /** A stage with checkpoints was expanded already, even if its expansion has been deleted. */
  private static boolean needsExpansion(StagePlan stage, StageObservation seen) {
    return stage.expansion() != null && !seen.expanded() && seen.newestStep().isEmpty();
  }

  private static boolean isRetried(Worker.Failed failed, int retries) {
    return failed.reason().errorClass().retried() && failed.attempts() <= retries;
  }
}
