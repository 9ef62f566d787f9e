package dev.sparkling.pipeline.stage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sparkling.pipeline.TestSpecs;
import dev.sparkling.pipeline.error.ErrorClass;
import dev.sparkling.pipeline.plan.RunPlan;
import dev.sparkling.pipeline.plan.StagePlan;
import dev.sparkling.pipeline.status.Phase;
import java.util.List;
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
    Worker failed = new Worker.Failed(ErrorClass.CORRUPT, "late", 9);
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
    assertThat(decide(failed(ErrorClass.TRANSIENT, RETRIES), StageObservation.NOTHING))
        .isEqualTo(new Decision.LaunchTrainer(NARROW));
    assertThat(decide(failed(ErrorClass.TRANSIENT, RETRIES + 1), StageObservation.NOTHING))
        .isEqualTo(new Decision.Fail(NARROW, ErrorClass.TRANSIENT, "why"));
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
                training(29, new Worker.Failed(ErrorClass.TRANSIENT, "why", RETRIES + 1))))
        .isInstanceOf(Decision.Fail.class);
    assertThat(decide(plan, narrow, training(30, new Worker.None())))
        .isEqualTo(new Decision.Complete());
  }

  @Test
  void userErrorAndCorruptCheckpointAreNeverRetried() {
    assertThat(decide(failed(ErrorClass.USER, 1), StageObservation.NOTHING).phase())
        .isEqualTo(Phase.FAILED);
    assertThat(decide(failed(ErrorClass.CORRUPT, 1), StageObservation.NOTHING).phase())
        .isEqualTo(Phase.FAILED);
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

  private static StageObservation failed(ErrorClass errorClass, int attempts) {
    return training(5, new Worker.Failed(errorClass, "why", attempts));
  }
}
