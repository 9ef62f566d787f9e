package dev.sparkling.pipeline.stage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sparkling.pipeline.TestSpecs;
import dev.sparkling.pipeline.error.ErrorReason;
import dev.sparkling.pipeline.plan.RunPlan;
import dev.sparkling.pipeline.plan.StagePlan;
import dev.sparkling.pipeline.status.Phase;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** The run has two stages: narrow, steps 0 to 10, and wide, steps 10 to 30, which expands. */
class StageMachineTest {

  private static final RunPlan PLAN = RunPlan.of(TestSpecs.minimal().spec());
  private static final StagePlan NARROW = PLAN.stage("narrow");
  private static final StagePlan WIDE = PLAN.stage("wide");
  private static final int RETRIES = 3;

  @Test
  void emptyStoreLaunchesTheTrainerOfTheFirstStage() {
    assertThat(decide(StageObservation.NOTHING, StageObservation.NOTHING))
        .isEqualTo(new Decision.LaunchTrainer(NARROW));
  }

  @Test
  void runningTrainerIsAwaited() {
    assertThat(
            decide(
                training(5, new Worker.Active(Worker.Activity.WORKING)), StageObservation.NOTHING))
        .isEqualTo(new Decision.Await(NARROW, false, Worker.Activity.WORKING))
        .extracting(Decision::phase)
        .isEqualTo(Phase.TRAINING);
  }

  @Test
  void workerWithoutAPlaceMakesTheRunQueued() {
    assertThat(
            decide(training(5, new Worker.Active(Worker.Activity.QUEUED)), StageObservation.NOTHING)
                .phase())
        .isEqualTo(Phase.QUEUED);
  }

  @Test
  void unfinishedStageWithoutWorkerIsTrainedOn() {
    assertThat(decide(training(9, new Worker.None()), StageObservation.NOTHING))
        .isEqualTo(new Decision.LaunchTrainer(NARROW));
  }

  @Test
  void lastCheckpointOfTheNarrowStageLaunchesTheExpander() {
    assertThat(decide(training(10, new Worker.None()), StageObservation.NOTHING))
        .isEqualTo(new Decision.LaunchExpander(WIDE));
  }

  @Test
  void lastCheckpointCountsEvenIfTheTrainerThatWroteItIsSaidToHaveFailed() {
    Worker failed = new Worker.Failed(ErrorReason.CORRUPT_CHECKPOINT, "late", 9);
    assertThat(decide(training(10, failed), StageObservation.NOTHING))
        .isEqualTo(new Decision.LaunchExpander(WIDE));
  }

  @Test
  void runningExpanderMakesTheRunExpanding() {
    StageObservation wide =
        new StageObservation(
            false, OptionalLong.empty(), new Worker.Active(Worker.Activity.WORKING));
    assertThat(decide(training(10, new Worker.None()), wide).phase()).isEqualTo(Phase.EXPANDING);
  }

  @Test
  void widenedCheckpointLaunchesTheWideTrainer() {
    StageObservation wide = new StageObservation(true, OptionalLong.empty(), new Worker.None());
    assertThat(decide(training(10, new Worker.None()), wide))
        .isEqualTo(new Decision.LaunchTrainer(WIDE));
  }

  @Test
  void stageWithCheckpointsIsNotExpandedAgainWhenItsExpansionIsGone() {
    assertThat(decide(training(10, new Worker.None()), training(15, new Worker.None())))
        .isEqualTo(new Decision.LaunchTrainer(WIDE));
  }

  @Test
  void lastCheckpointOfTheLastStageCompletesTheRun() {
    assertThat(decide(training(10, new Worker.None()), training(30, new Worker.None())))
        .isEqualTo(new Decision.Complete());
  }

  @Test
  void completeRunStaysCompleteWhenItIsSuspended() {
    Observed observed =
        new Observed(
            PLAN,
            true,
            RETRIES,
            List.of(training(10, new Worker.None()), training(30, new Worker.None())));
    assertThat(StageMachine.decide(observed)).isEqualTo(new Decision.Complete());
  }

  @Test
  void suspendedRunAsksItsWorkerToStopAndStartsNone() {
    assertThat(suspended(training(5, new Worker.Active(Worker.Activity.WORKING))))
        .isEqualTo(new Decision.Suspend(NARROW, true));
    assertThat(suspended(training(5, new Worker.None())))
        .isEqualTo(new Decision.Suspend(NARROW, false));
  }

  @Test
  void transientFailureIsRetriedUntilTheRetriesAreUsedUp() {
    assertThat(decide(failed(ErrorReason.TRANSIENT_FAILURE, RETRIES), StageObservation.NOTHING))
        .isEqualTo(new Decision.LaunchTrainer(NARROW));
    assertThat(decide(failed(ErrorReason.TRANSIENT_FAILURE, RETRIES + 1), StageObservation.NOTHING))
        .isEqualTo(new Decision.Fail(NARROW, ErrorReason.TRANSIENT_FAILURE, "why"));
  }

  @Test
  void controlIsTrainedWithoutAnExpansionOnceTheFirstStageIsComplete() {
    RunPlan plan = PLAN.control();
    StageObservation narrow = training(10, new Worker.None());
    assertThat(decide(plan, narrow, StageObservation.NOTHING))
        .isEqualTo(new Decision.LaunchTrainer(plan.stages().getLast()));
    assertThat(
            decide(
                plan,
                narrow,
                training(29, new Worker.Failed(ErrorReason.TRANSIENT_FAILURE, "why", RETRIES + 1))))
        .isInstanceOf(Decision.Fail.class);
    assertThat(decide(plan, narrow, training(30, new Worker.None())))
        .isEqualTo(new Decision.Complete());
  }

  @Test
  void corruptCheckpointAndDivergedTrainingAreNeverRetried() {
    assertThat(decide(failed(ErrorReason.CORRUPT_CHECKPOINT, 1), StageObservation.NOTHING).phase())
        .isEqualTo(Phase.FAILED);
    assertThat(decide(failed(ErrorReason.TRAINING_DIVERGED, 1), StageObservation.NOTHING).phase())
        .isEqualTo(Phase.FAILED);
  }

  @Test
  void whatAPersonCanFixHoldsTheRunAtOnce() {
    Worker stuck = new Worker.Stuck("ImagePullBackOff", "why");
    assertThat(decide(training(5, stuck), StageObservation.NOTHING))
        .isEqualTo(waiting("ImagePullBackOff", Hold.State.WAITING))
        .extracting(Decision::phase)
        .isEqualTo(Phase.HELD);
    assertThat(decide(failed(ErrorReason.STORE_FULL, 1), StageObservation.NOTHING))
        .isEqualTo(waiting("StoreFull", Hold.State.WAITING));
  }

  @Test
  void anUnavailableStoreHoldsTheRunOnceTheRetriesAreUsedUp() {
    assertThat(decide(failed(ErrorReason.STORE_UNAVAILABLE, RETRIES), StageObservation.NOTHING))
        .isEqualTo(new Decision.LaunchTrainer(NARROW));
    assertThat(decide(failed(ErrorReason.STORE_UNAVAILABLE, RETRIES + 1), StageObservation.NOTHING))
        .isEqualTo(waiting("StoreUnavailable", Hold.State.WAITING));
  }

  @Test
  void heldStageResumesOnceItsFormerWorkerIsGone() {
    for (Hold.State open : List.of(Hold.State.WAITING, Hold.State.ENDING)) {
      Worker leftover = new Worker.Active(Worker.Activity.STARTING);
      assertThat(decide(held(leftover, open), StageObservation.NOTHING))
          .isEqualTo(waiting("StoreFull", open));
      assertThat(decide(held(new Worker.None(), open), StageObservation.NOTHING))
          .isEqualTo(waiting("StoreFull", open));
    }
    assertThat(decide(held(new Worker.None(), Hold.State.ENDED), StageObservation.NOTHING))
        .isEqualTo(new Decision.LaunchTrainer(NARROW));
  }

  @Test
  void tooManyLostWorkersInARowHoldTheRunWhateverTheNextOneDoes() {
    for (Worker worker : List.of(new Worker.None(), new Worker.Active(Worker.Activity.WORKING))) {
      assertThat(decide(lost(9, worker), StageObservation.NOTHING).phase())
          .isNotEqualTo(Phase.HELD);
      assertThat(decide(lost(10, worker), StageObservation.NOTHING))
          .isInstanceOfSatisfying(
              Decision.Wait.class,
              wait -> assertThat(wait.hold().reason()).isEqualTo("TooManyDisruptions"));
    }
    Worker corrupt = new Worker.Failed(ErrorReason.CORRUPT_CHECKPOINT, "why", 1);
    assertThat(decide(lost(10, corrupt), StageObservation.NOTHING).phase()).isEqualTo(Phase.FAILED);
  }

  private static StageObservation lost(int disruptions, Worker worker) {
    return new StageObservation(false, OptionalLong.of(5), worker, disruptions, Optional.empty());
  }

  private static StageObservation held(Worker worker, Hold.State state) {
    return new StageObservation(
        false, OptionalLong.of(5), worker, 0, Optional.of(new Hold("StoreFull", "why", state)));
  }

  private static Decision waiting(String reason, Hold.State state) {
    return new Decision.Wait(NARROW, false, new Hold(reason, "why", state));
  }

  private static Decision decide(StageObservation narrow, StageObservation wide) {
    return decide(PLAN, narrow, wide);
  }

  private static Decision decide(RunPlan plan, StageObservation first, StageObservation second) {
    return StageMachine.decide(new Observed(plan, false, RETRIES, List.of(first, second)));
  }

  private static Decision suspended(StageObservation narrow) {
    return StageMachine.decide(
        new Observed(PLAN, true, RETRIES, List.of(narrow, StageObservation.NOTHING)));
  }

  private static StageObservation training(long step, Worker worker) {
    return new StageObservation(false, OptionalLong.of(step), worker);
  }

  private static StageObservation failed(ErrorReason reason, int attempts) {
    return training(5, new Worker.Failed(reason, "why", attempts));
  }
}
