package dev.sparkling.pipeline.stage;

import dev.sparkling.pipeline.error.ErrorReason;
import dev.sparkling.pipeline.plan.StagePlan;
import dev.sparkling.pipeline.stage.Worker.Activity;
import dev.sparkling.pipeline.status.Phase;

/** What a run does next. Carrying out the same decision twice is harmless. */
public sealed interface Decision {

  /** Returns the phase of a run with this decision. */
  Phase phase();

  /** Expand the last checkpoint of the previous stage into the one that this stage starts from. */
  record LaunchExpander(StagePlan stage) implements Decision {
    @Override
    public Phase phase() {
      return Phase.EXPANDING;
    }
  }

  /**
   * Train the stage from its newest checkpoint; if it has none, from its expansion, from the last
   * checkpoint of the previous stage, or from random weights.
   */
  record LaunchTrainer(StagePlan stage) implements Decision {
    @Override
    public Phase phase() {
      return stage.index() == 0 ? Phase.PENDING : Phase.TRAINING;
    }
  }

  /** A worker is active: wait for it. */
  record Await(StagePlan stage, boolean expanding, Activity activity) implements Decision {
    @Override
    public Phase phase() {
      return switch (activity) {
        case QUEUED -> Phase.QUEUED;
        case BLOCKED -> Phase.PENDING;
        // Between two stages, the phase does not go back to Pending.
        case STARTING -> stage.index() == 0 ? Phase.PENDING : working();
        case WORKING -> working();
      };
    }

    private Phase working() {
      return expanding ? Phase.EXPANDING : Phase.TRAINING;
    }
  }

  /** The user suspended the run: remove the worker, if there is one, and start none. */
  record Suspend(StagePlan stage, boolean hasWorker) implements Decision {
    @Override
    public Phase phase() {
      return Phase.SUSPENDED;
    }
  }

  /**
   * Something that a person can fix keeps the stage from going on: keep no resources meanwhile, and
   * resume once the cause is gone.
   *
   * @param expanding whether the stage has yet to be expanded
   */
  record Wait(StagePlan stage, boolean expanding, Hold hold) implements Decision {
    @Override
    public Phase phase() {
      return Phase.HELD;
    }
  }

  /** Every stage is complete. */
  record Complete() implements Decision {
    @Override
    public Phase phase() {
      return Phase.SUCCEEDED;
    }
  }

  /** The stage failed, is not retried, and no change from outside would help. */
  record Fail(StagePlan stage, ErrorReason reason, String message) implements Decision {
    @Override
    public Phase phase() {
      return Phase.FAILED;
    }
  }
}
