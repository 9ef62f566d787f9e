package dev.sparkling.operator.status;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sparkling.operator.TestObjects;
import dev.sparkling.operator.observe.PolledProgress;
import dev.sparkling.operator.status.Transitions.RunEvent;
import dev.sparkling.pipeline.job.Progress;
import dev.sparkling.pipeline.job.Progress.StageStart;
import dev.sparkling.pipeline.job.Progress.StepDiagnostics;
import dev.sparkling.pipeline.job.Work;
import dev.sparkling.pipeline.stage.Decision;
import dev.sparkling.pipeline.status.CheckpointStatus;
import dev.sparkling.pipeline.status.Condition;
import dev.sparkling.pipeline.status.ExpansionStatus;
import dev.sparkling.pipeline.status.Phase;
import dev.sparkling.pipeline.status.ProgressiveTrainingStatus;
import dev.sparkling.pipeline.status.StageState;
import dev.sparkling.pipeline.status.TrainingFigures;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;

/** Stages, columns and conditions of a run without trouble. */
@NullUnmarked // a pass sets the fields that are read here
class RunStatusTest extends RunPasses {

  private static final String RESULT =
      """
      {"outcome": "complete", "message": "narrow: step 100 of 100", "progress": {"stage": "narrow",
       "step": 100, "lastStep": 100, "tokens": 51200, "loss": 2.5, "validationLoss": 2.75,
       "tokensPerSecond": 900.0, "checkpoint": {"uri": "s3://c", "step": 100, "time": "%s"}}}
      """
          .formatted(TestObjects.END);

  private static final String INVALID = "spec.trainer.nodes: 2";

  @Test
  void aNewRunIsPendingInTheFirstPassAndLaunchesItsTrainer() {
    pass(List.of(), List.of());
    assertThat(decision).isEqualTo(new Decision.LaunchTrainer(PLAN.stage("narrow")));
    assertThat(status.phase()).isEqualTo(Phase.PENDING);
    assertThat(status.summary().step()).isEqualTo("0/200");
    assertThat(status.plan().flopsSaved()).isGreaterThan(0);
  }

  @Test
  void theTrainersProgressFillsTheColumns() {
    training(50, 3.25, 1000.0);
    assertThat(status.phase()).isEqualTo(Phase.TRAINING);
    assertThat(status.summary().step()).isEqualTo("50/200");
    assertThat(status.summary().progress()).isEqualTo("25%");
    assertThat(status.summary().loss()).isEqualTo("3.250");
    assertThat(status.summary().tokensPerSecond()).isEqualTo("1.0k");
    // 50 steps of 512 tokens at 1000 tokens/s, then 100 of a model that costs more a token.
    double wider =
        (double) PLAN.stage("wide").parameters().active()
            / PLAN.stage("narrow").parameters().active();
    assertThat(status.trainerStatus().estimatedRemainingSeconds())
        .isEqualTo(Math.round(25.6 + 51.2 * wider));
  }

  @Test
  void aCompleteTrainerLeadsToTheExpanderAndItsStageHasSucceeded() {
    training(100, 3.0, 1000.0);
    pass(List.of(TestObjects.complete(TestObjects.job("narrow", Work.TRAIN))), List.of());
    assertThat(decision).isEqualTo(new Decision.LaunchExpander(PLAN.stage("wide")));
    assertThat(stage(0).state()).isEqualTo(StageState.SUCCEEDED);
    assertThat(stage(0).checkpoint().step()).isEqualTo(100);
    assertThat(stage(0).times().finishedAt()).isEqualTo(TestObjects.END);
    assertThat(status.phase()).isEqualTo(Phase.EXPANDING);
  }

  @Test
  void aSuccessfulPodCompletesItsStageBeforeItsJobIsCompleteAndNothingChangesThen() {
    Job job = TestObjects.job("narrow", Work.TRAIN);
    Pod done = TestObjects.pod(job, "n", TestObjects.terminated(0, "Completed", ""));
    pass(List.of(job), List.of(done));
    assertThat(decision).isEqualTo(new Decision.LaunchExpander(PLAN.stage("wide")));
    assertThat(stage(0).state()).isEqualTo(StageState.SUCCEEDED);
    assertThat(stage(0).times().finishedAt()).isNotNull();
    ProgressiveTrainingStatus before = status;

    pass(List.of(TestObjects.complete(job)), List.of(done));
    assertThat(status).isEqualTo(before);
    pass(List.of(TestObjects.complete(job)), List.of());
    assertThat(status).isEqualTo(before);
  }

  @Test
  void progressThatNoTrainerCanHaveIsNotShown() {
    training(50, 3.25, 1000.0);
    ProgressiveTrainingStatus before = status;
    training(101, 3.0, 1000.0);
    assertThat(status).as("a step of the next stage").isEqualTo(before);
    training(-1, 3.0, 1000.0);
    assertThat(status).as("a negative step").isEqualTo(before);
    training(60, Double.NaN, 1000.0);
    assertThat(status).as("a loss that is not finite").isEqualTo(before);
    training(60, 3.0, Double.POSITIVE_INFINITY);
    assertThat(status).as("a speed that is not finite").isEqualTo(before);
    training(60, 3.0, 1000.0);
    assertThat(stage(0).figures().step()).isEqualTo(60);
  }

  @Test
  void figuresOfAFinishedStageAreThoseOfItsResult() {
    training(50, 3.0, 1000.0);
    Job job = TestObjects.job("narrow", Work.TRAIN);
    Pod done = TestObjects.pod(job, "p", TestObjects.terminated(0, "Completed", RESULT));
    pass(List.of(job), List.of(done), polledAt(50));
    assertThat(stage(0).figures()).isEqualTo(new TrainingFigures(100, 51_200, 2.5, 2.75, 900.0));
    assertThat(stage(0).state()).isEqualTo(StageState.SUCCEEDED);

    pass(List.of(job), List.of(), polledAt(50));
    assertThat(stage(0).figures()).isEqualTo(new TrainingFigures(100, 51_200, 2.5, 2.75, 900.0));
  }

  /**
   * Seen with Kueue: the trainer was preempted in its last steps, finished, and its pod was gone.
   */
  @Test
  void aStageThatAStoppedTrainerHasFinishedKeepsTheFiguresOfItsResult() {
    training(50, 3.0, 1000.0);
    Job held = TestObjects.suspended(TestObjects.job("narrow", Work.TRAIN));
    String stopped = RESULT.replace("complete", "stopped");
    Pod ended = TestObjects.pod(held, "p", TestObjects.terminated(143, "Error", stopped));
    pass(List.of(held), List.of(ended), polledAt(50));
    assertThat(stage(0).state()).isEqualTo(StageState.SUCCEEDED);
    assertThat(stage(0).times().finishedAt()).isEqualTo(TestObjects.END);
    ProgressiveTrainingStatus before = status;

    pass(List.of(held), List.of(), polledAt(50));
    pass(List.of(held), List.of(), polledAt(50));
    assertThat(stage(0).figures()).isEqualTo(new TrainingFigures(100, 51_200, 2.5, 2.75, 900.0));
    assertThat(stage(0)).isEqualTo(before.stages().getFirst());
  }

  @Test
  void aStageWithoutAResultHasTheStepAndTheTokensOfItsPlan() {
    training(50, 3.0, 1000.0);
    pass(List.of(TestObjects.complete(TestObjects.job("narrow", Work.TRAIN))), List.of());
    assertThat(stage(0).figures()).isEqualTo(new TrainingFigures(100, 51_200, 3.0, null, 1000.0));
  }

  @Test
  void anAnswerOfATrainerDoesNotProveItsStageComplete() {
    Job job = TestObjects.job("narrow", Work.TRAIN);
    Pod pod = TestObjects.pod(job, "p", TestObjects.running());
    pass(List.of(job), List.of(pod), polledAt(100));
    assertThat(stage(0).state()).isEqualTo(StageState.TRAINING);
    assertThat(stage(0).figures().step()).isEqualTo(100);
    assertThat(stage(0).checkpoint()).isNull();
  }

  @Test
  void anAnswerOfAnEarlierPodIsNotTheNextOnes() {
    Job job = TestObjects.job("narrow", Work.TRAIN);
    pass(List.of(job), List.of(TestObjects.pod(job, "q", TestObjects.running())), polledAt(50));
    assertThat(stage(0).figures().step()).isZero();
  }

  private static Optional<PolledProgress> polledAt(long step) {
    return Optional.of(
        new PolledProgress(
            "p",
            new Progress(
                "narrow",
                100,
                new TrainingFigures(step, step * 512, 3.0, null, 1000.0),
                StageStart.UNKNOWN,
                StepDiagnostics.UNKNOWN,
                new CheckpointStatus("s3://c", step, TestObjects.START),
                TestObjects.START)));
  }

  @Test
  void aFinishedStageStaysFinishedWhenItsJobIsDeleted() {
    pass(List.of(TestObjects.complete(TestObjects.job("narrow", Work.TRAIN))), List.of());
    pass(List.of(), List.of());
    assertThat(decision).isEqualTo(new Decision.LaunchExpander(PLAN.stage("wide")));
    assertThat(stage(0).state()).isEqualTo(StageState.SUCCEEDED);
  }

  @Test
  void aCompleteExpanderLeadsToTheWideTrainer() {
    Job narrow = TestObjects.complete(TestObjects.job("narrow", Work.TRAIN));
    Job expander = TestObjects.complete(TestObjects.job("wide", Work.EXPAND));
    String result =
        """
        {"outcome": "complete", "message": "expanded", "expansion": {"seconds": 2.5, "bytes": 10}}
        """;
    pass(
        List.of(narrow, expander),
        List.of(TestObjects.pod(expander, "e", TestObjects.terminated(0, "Completed", result))));
    assertThat(decision).isEqualTo(new Decision.LaunchTrainer(PLAN.stage("wide")));
    assertThat(stage(1).expansion().seconds()).isEqualTo(2.5);
    assertThat(status.phase()).isEqualTo(Phase.TRAINING);
  }

  @Test
  void aWarningOfAnExpansionIsInTheStatusAndAnEventOnce() {
    Job narrow = TestObjects.complete(TestObjects.job("narrow", Work.TRAIN));
    Job expander = TestObjects.complete(TestObjects.job("wide", Work.EXPAND));
    pass(List.of(narrow), List.of());
    ProgressiveTrainingStatus before = status;
    String result =
        """
        {"outcome": "complete", "message": "expanded",
         "expansion": {"seconds": 2.5, "warnings": ["layers.0.up: RMS(y)/RMS(x) is 0.9"]}}
        """;
    pass(
        List.of(narrow, expander),
        List.of(TestObjects.pod(expander, "e", TestObjects.terminated(0, "Completed", result))));
    assertThat(stage(1).expansion().warnings())
        .containsExactly("layers.0.up: RMS(y)/RMS(x) is 0.9");
    assertThat(Transitions.between(before, status))
        .contains(
            new RunEvent(
                true, "ExpansionWarning", "stage wide: layers.0.up: RMS(y)/RMS(x) is 0.9"));
    before = status;
    pass(List.of(narrow, expander, TestObjects.job("wide", Work.TRAIN)), List.of());
    assertThat(Transitions.between(before, status)).isEmpty();
  }

  @Test
  void theWideTrainersFirstEvaluationCompletesTheExpansionAndStays() {
    Job narrow = TestObjects.complete(TestObjects.job("narrow", Work.TRAIN));
    Job expander = TestObjects.complete(TestObjects.job("wide", Work.EXPAND));
    Job wide = TestObjects.job("wide", Work.TRAIN);
    Pod expanded =
        TestObjects.pod(
            expander,
            "e",
            TestObjects.terminated(
                0,
                "Completed",
                """
                {"outcome": "complete", "message": "expanded",
                 "expansion": {"rmsBefore": 1.25, "lossBefore": 4.5}}
                """));
    Pod training = TestObjects.pod(wide, "w", TestObjects.running());
    for (int step : new int[] {100, 101}) {
      pass(
          List.of(narrow, expander, wide),
          List.of(expanded, training),
          Optional.of(
              new PolledProgress(
                  "w",
                  new Progress(
                      "wide",
                      200,
                      new TrainingFigures(step, 0, null, 4.25, null),
                      new StageStart(4.5, 1.5),
                      StepDiagnostics.UNKNOWN,
                      null,
                      TestObjects.START))));
    }
    assertThat(stage(1).expansion())
        .isEqualTo(new ExpansionStatus(1.25, 1.5, 4.5, 4.5, null, null, List.of()));
  }

  @Test
  void everyStageCompleteIsSucceededAndReady() {
    pass(
        List.of(
            TestObjects.complete(TestObjects.job("narrow", Work.TRAIN)),
            TestObjects.complete(TestObjects.job("wide", Work.EXPAND)),
            TestObjects.complete(TestObjects.job("wide", Work.TRAIN))),
        List.of());
    assertThat(status.phase()).isEqualTo(Phase.SUCCEEDED);
    assertThat(condition("Ready").status()).isEqualTo("True");
    assertThat(condition("Complete").status()).isEqualTo("True");
    assertThat(status.summary().progress()).isEqualTo("100%");
    assertThat(status.summary().eta()).isNull();
  }

  @Test
  void theSameObjectsGiveTheSameStatusAtAnyTimeSoThatNothingIsWritten() {
    training(50, 3.0, 1000.0);
    ProgressiveTrainingStatus before = status;
    now = now.plusSeconds(60);
    training(50, 3.0, 1000.0);
    assertThat(status).isEqualTo(before);
  }

  @Test
  void aTransitionTimeChangesOnlyWithTheStatus() {
    pass(List.of(), List.of());
    assertThat(condition("Complete").status()).isEqualTo("False");
    String pendingSince = condition("Ready").lastTransitionTime();
    now = now.plusSeconds(60);
    training(50, 3.0, 1000.0);
    assertThat(condition("Ready").lastTransitionTime()).isEqualTo(pendingSince);
    assertThat(condition("Progressing").lastTransitionTime()).isEqualTo(now.toString());
  }

  @Test
  void aSuspendedRunKeepsWhatItHas() {
    training(50, 3.0, 1000.0);
    run.setSpec(TestObjects.suspended(run.getSpec()));
    pass(List.of(), List.of());
    assertThat(decision).isEqualTo(new Decision.Suspend(PLAN.stage("narrow"), false));
    assertThat(status.phase()).isEqualTo(Phase.SUSPENDED);
    assertThat(status.summary().step()).isEqualTo("50/200");
  }

  @Test
  void aTransitionIsAnEventOnce() {
    pass(List.of(), List.of());
    ProgressiveTrainingStatus before = status;
    training(50, 3.0, 1000.0);
    assertThat(Transitions.between(before, status))
        .containsExactly(new RunEvent(false, "Training", "stage narrow"));
    assertThat(Transitions.between(status, status)).isEmpty();
  }

  @Test
  void aRunWithAnInvalidSpecIsHeld() {
    refuse(false);
    assertThat(status.phase()).isEqualTo(Phase.HELD);
    assertThat(condition("Progressing").message()).isEqualTo(INVALID);
    assertThat(condition("Failed").status()).isEqualTo("False");
    assertThat(Transitions.between(null, status))
        .containsExactly(new RunEvent(true, "InvalidInput", INVALID));
  }

  @Test
  void anInvalidEditOfARunThatHasBegunStopsNoWorkerAndIsNamedUntilTheNextEdit() {
    training(50, 3.0, 1000.0);
    ProgressiveTrainingStatus before = status;
    refuse(true);
    assertThat(status.phase()).isEqualTo(Phase.TRAINING);
    assertThat(status.stages()).isEqualTo(before.stages());
    assertThat(condition("Progressing").reason()).isEqualTo("InvalidInput");
    assertThat(condition("Failed").status()).isEqualTo("False");
    assertThat(Transitions.between(before, status))
        .singleElement()
        .satisfies(told -> assertThat(told.message()).startsWith(INVALID + "; no new"));
    refuse(false);
    assertThat(status.phase()).as("once the worker has ended").isEqualTo(Phase.HELD);
    run.setStatus(status);
    assertThat(run.hasEnded()).isFalse();
    training(60, 2.9, 1000.0);
    assertThat(condition("Progressing").reason()).isEqualTo("Training");
  }

  @Test
  void aRunThatIsSuspendedWhileItsSpecIsInvalidIsSuspended() {
    training(50, 3.0, 1000.0);
    run.setSpec(TestObjects.suspended(run.getSpec()));
    refuse(true);
    assertThat(status.phase()).isEqualTo(Phase.SUSPENDED);
    assertThat(condition("Progressing").reason()).isEqualTo("InvalidInput");
    assertThat(status.summary().step()).isEqualTo("50/200");
  }

  private void refuse(boolean working) {
    run.setStatus(status);
    status = statuses().refused(run, working, INVALID);
  }

  @Test
  void aFailedRunThatIsDeletedStaysFailedAndReportsTheDelayOnce() {
    Job job = TestObjects.failed(TestObjects.job("narrow", Work.TRAIN), 1, "PodFailurePolicy");
    pass(List.of(job), List.of(TestObjects.pod(job, "p", TestObjects.terminated(3, "Error", ""))));
    Condition failed = condition("Failed");
    ProgressiveTrainingStatus before = status;
    status = statuses().deleting(before, 2, Reason.DELETION_HELD_UP, "no secret");
    assertThat(status.phase()).isEqualTo(Phase.FAILED);
    assertThat(condition("Failed")).isEqualTo(failed);
    assertThat(condition("Progressing").message()).isEqualTo("no secret");
    assertThat(Transitions.between(before, status))
        .containsExactly(new RunEvent(true, "DeletionHeldUp", "no secret"));
    assertThat(Transitions.between(status, status)).isEmpty();
  }
}
