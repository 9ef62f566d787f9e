package dev.sparkling.operator.status;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sparkling.operator.TestObjects;
import dev.sparkling.operator.api.ProgressiveTrainingResource;
import dev.sparkling.operator.observe.Observation;
import dev.sparkling.operator.observe.Observer;
import dev.sparkling.operator.observe.StageJobs;
import dev.sparkling.operator.status.Transitions.Happening;
import dev.sparkling.pipeline.job.Progress;
import dev.sparkling.pipeline.job.Work;
import dev.sparkling.pipeline.plan.RunPlan;
import dev.sparkling.pipeline.stage.Decision;
import dev.sparkling.pipeline.stage.StageMachine;
import dev.sparkling.pipeline.status.CheckpointStatus;
import dev.sparkling.pipeline.status.Condition;
import dev.sparkling.pipeline.status.Phase;
import dev.sparkling.pipeline.status.ProgressiveTrainingStatus;
import dev.sparkling.pipeline.status.StageState;
import dev.sparkling.pipeline.status.StageStatus;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.NullUnmarked;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What jobs and pods say becomes one decision and one status. */
@NullUnmarked // every pass fills in all that is read here
class RunStatusTest {

  private static final RunPlan PLAN = RunPlan.of(TestObjects.run().getSpec());

  private final ProgressiveTrainingResource run = TestObjects.run();
  private Instant now = Instant.parse("2026-01-01T02:00:00Z");
  private @Nullable ProgressiveTrainingStatus status;
  private @Nullable Decision decision;

  @Test
  void aNewRunIsPendingInTheFirstPassAndLaunchesItsTrainer() {
    pass(List.of(), List.of());
    assertThat(decision).isEqualTo(new Decision.LaunchTrainer(PLAN.stage("narrow")));
    assertThat(status.phase()).isEqualTo(Phase.PENDING);
    assertThat(status.summary().step()).isEqualTo("0/200");
    assertThat(status.plan().flopsSaved()).isGreaterThan(0);
  }

  @Test
  void anUnschedulablePodLeavesTheRunPendingAndTheConditionSaysWhy() {
    Job job = TestObjects.job("narrow", Work.TRAIN);
    pass(List.of(job), List.of(TestObjects.unschedulable(job, "0/1 nodes: no nvidia.com/gpu")));
    assertThat(status.phase()).isEqualTo(Phase.PENDING);
    assertThat(condition("Progressing").reason()).isEqualTo("Unschedulable");
    assertThat(condition("Progressing").message()).isEqualTo("0/1 nodes: no nvidia.com/gpu");
    assertThat(stage(0).waitingReason()).isEqualTo("Unschedulable");
  }

  @Test
  void anImageThatCannotBePulledIsLiftedFromThePod() {
    Job job = TestObjects.job("narrow", Work.TRAIN);
    pass(
        List.of(job),
        List.of(TestObjects.pod(job, "p", TestObjects.waiting("ImagePullBackOff", "no such"))));
    assertThat(condition("Progressing").reason()).isEqualTo("ImagePullBackOff");
    assertThat(status.phase()).isEqualTo(Phase.PENDING);
  }

  @Test
  void aVolumeThatCannotBeMountedIsNamedUntilThePodStarts() {
    Job job = TestObjects.job("narrow", Work.TRAIN);
    Pod pod = TestObjects.creating(job);
    String missing = "configmap \"minio-ca\" not found";
    pass(told(job, pod, TestObjects.warning(pod, "FailedMount", TestObjects.START, missing)));
    assertThat(status.phase()).isEqualTo(Phase.PENDING);
    assertThat(condition("Progressing").status()).isEqualTo("False");
    assertThat(condition("Progressing").reason()).isEqualTo("FailedMount");
    assertThat(condition("Progressing").message()).isEqualTo(missing);
    assertThat(stage(0).waitingReason()).isEqualTo("FailedMount");
    training(50, 3.0, 1000.0);
    assertThat(condition("Progressing").reason()).isEqualTo("Training");
    assertThat(stage(0).waitingReason()).isNull();
  }

  @Test
  void aRefusedPodBetweenTwoStagesIsToldAndTheRunStaysTraining() {
    Job narrow = TestObjects.complete(TestObjects.job("narrow", Work.TRAIN));
    Job expander = TestObjects.complete(TestObjects.job("wide", Work.EXPAND));
    Job wide = TestObjects.job("wide", Work.TRAIN);
    Event refusal =
        TestObjects.warning(wide, "FailedCreate", TestObjects.START, "exceeded quota: none");
    StageJobs jobs = new StageJobs(List.of(narrow, expander, wide), List.of());
    pass(jobs.with(List.of(refusal)));
    assertThat(status.phase()).isEqualTo(Phase.TRAINING);
    assertThat(condition("Progressing").reason()).isEqualTo("FailedCreate");
    assertThat(condition("Progressing").message()).isEqualTo("exceeded quota: none");
    assertThat(stage(1).waitingReason()).isEqualTo("FailedCreate");
  }

  @Test
  void aWarningThatIsRepeatedLeavesTheStatusAsItIs() {
    Job job = TestObjects.job("narrow", Work.TRAIN);
    Pod pod = TestObjects.creating(job);
    Event once = TestObjects.warning(pod, "FailedMount", TestObjects.START, "no such");
    pass(told(job, pod, once));
    ProgressiveTrainingStatus before = status;
    now = now.plusSeconds(60);
    Event again =
        new EventBuilder(once).withCount(7).withLastTimestamp("2026-01-01T02:01:00Z").build();
    pass(told(job, pod, again));
    assertThat(status).isEqualTo(before);
    assertThat(Transitions.between(before, status)).isEmpty();
  }

  @Test
  void aJobThatKueueHoldsIsQueuedAndNotTraining() {
    pass(List.of(TestObjects.suspended(TestObjects.job("narrow", Work.TRAIN))), List.of());
    assertThat(status.phase()).isEqualTo(Phase.QUEUED);
    assertThat(condition("Progressing").status()).isEqualTo("False");
  }

  @Test
  void aJobThatIsQueuedFirstIsNoDisruption() {
    pass(
        List.of(TestObjects.held(TestObjects.job("narrow", Work.TRAIN), TestObjects.START)),
        List.of());
    assertThat(status.phase()).isEqualTo(Phase.QUEUED);
    assertThat(stage(0).disruptions()).isZero();
  }

  @Test
  void aJobThatLosesItsQuotaIsQueuedAgainAndCountedOnceAndNotCharged() {
    training(50, 3.25, 1000.0);
    Job held = TestObjects.held(TestObjects.job("narrow", Work.TRAIN), TestObjects.END);
    pass(List.of(held), List.of());
    pass(List.of(held), List.of());
    assertThat(status.phase()).isEqualTo(Phase.QUEUED);
    assertThat(stage(0).disruptions()).isEqualTo(1);
    training(60, 3.2, 1000.0);
    assertThat(stage(0).disruptions()).isEqualTo(1);
    assertThat(stage(0).attempts()).isZero();
  }

  @Test
  void whatTheTrainerSaysFillsTheColumns() {
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
    assertThat(stage(0).finishedAt()).isEqualTo(TestObjects.END);
    assertThat(status.phase()).isEqualTo(Phase.EXPANDING);
  }

  @Test
  void aPodThatEndedWellIsDoneBeforeItsJobSaysSoAndNothingChangesWhenItDoes() {
    Job job = TestObjects.job("narrow", Work.TRAIN);
    Pod done = TestObjects.pod(job, "n", TestObjects.terminated(0, "Completed", ""));
    pass(List.of(job), List.of(done));
    assertThat(decision).isEqualTo(new Decision.LaunchExpander(PLAN.stage("wide")));
    assertThat(stage(0).state()).isEqualTo(StageState.SUCCEEDED);
    assertThat(stage(0).finishedAt()).isNotNull();
    ProgressiveTrainingStatus before = status;

    pass(List.of(TestObjects.complete(job)), List.of(done));
    assertThat(status).isEqualTo(before);
    pass(List.of(TestObjects.complete(job)), List.of());
    assertThat(status).isEqualTo(before);
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
  void everyStageCompleteIsSucceededAndReady() {
    pass(
        List.of(
            TestObjects.complete(TestObjects.job("narrow", Work.TRAIN)),
            TestObjects.complete(TestObjects.job("wide", Work.EXPAND)),
            TestObjects.complete(TestObjects.job("wide", Work.TRAIN))),
        List.of());
    assertThat(status.phase()).isEqualTo(Phase.SUCCEEDED);
    assertThat(condition("Ready").status()).isEqualTo("True");
    assertThat(status.summary().progress()).isEqualTo("100%");
    assertThat(status.summary().eta()).isNull();
  }

  @Test
  void aUserErrorFailsTheRunWithTheWorkersOwnWords() {
    Job job = TestObjects.failed(TestObjects.job("narrow", Work.TRAIN), 1, "PodFailurePolicy");
    String result = "{\"outcome\": \"failed\", \"message\": \"s3://x: access denied\"}";
    pass(
        List.of(job),
        List.of(TestObjects.pod(job, "p", TestObjects.terminated(2, "Error", result))));
    assertThat(status.phase()).isEqualTo(Phase.FAILED);
    assertThat(condition("Failed").reason()).isEqualTo("InvalidInput");
    assertThat(condition("Failed").message()).isEqualTo("stage narrow: s3://x: access denied");
    assertThat(stage(0).state()).isEqualTo(StageState.FAILED);
  }

  @Test
  void aTrainerThatRanOutOfMemoryTooOftenSaysWhatToRaise() {
    Job job = TestObjects.failed(TestObjects.job("narrow", Work.TRAIN), 4, "BackoffLimitExceeded");
    pass(
        List.of(job),
        List.of(TestObjects.pod(job, "p", TestObjects.terminated(137, "OOMKilled", null))));
    assertThat(condition("Failed").reason()).isEqualTo("TransientFailure");
    assertThat(condition("Failed").message())
        .contains("OOMKilled, exit code 137; raise resources.limits.memory");
    assertThat(stage(0).attempts()).isEqualTo(4);
  }

  @Test
  void aJobThatHasFailedIsAwaitedUntilItsPodSaysWhy() {
    Job job = TestObjects.failed(TestObjects.job("narrow", Work.TRAIN), 1, "PodFailurePolicy");
    pass(List.of(job), List.of(TestObjects.pod(job, "p", TestObjects.running())));
    assertThat(status.phase()).isEqualTo(Phase.TRAINING);
  }

  @Test
  void aJobThatHasFailedTellsTheExitCodeOfAPodThatIsGone() {
    String sentence =
        "Container worker for pod research/p failed with exit code 3 matching FailJob rule at index"
            + " 1";
    Job job =
        TestObjects.failed(TestObjects.job("narrow", Work.TRAIN), 1, "PodFailurePolicy", sentence);
    pass(List.of(job), List.of());
    assertThat(status.phase()).isEqualTo(Phase.FAILED);
    assertThat(condition("Failed").reason()).isEqualTo("CorruptCheckpoint");
    assertThat(condition("Failed").message()).isEqualTo("stage narrow: " + sentence);
  }

  @Test
  void aJobThatHasFailedOfSomethingElseIsNotAwaitedForEver() {
    Job job = TestObjects.failed(TestObjects.job("narrow", Work.TRAIN), 0, "DeadlineExceeded");
    pass(List.of(job), List.of());
    assertThat(status.phase()).isEqualTo(Phase.FAILED);
    assertThat(condition("Failed").reason()).isEqualTo("TransientFailure");
  }

  @Test
  void aDisruptedPodIsCountedAndNotCharged() {
    Job job = TestObjects.job("narrow", Work.TRAIN);
    pass(
        List.of(job),
        List.of(TestObjects.pod(job, "demo-narrow-train-aaaaa", TestObjects.running())));
    Pod second =
        new PodBuilder(TestObjects.pod(job, "demo-narrow-train-bbbbb", TestObjects.running()))
            .editMetadata()
            .withCreationTimestamp("2026-01-01T00:10:00Z")
            .endMetadata()
            .build();
    pass(List.of(job), List.of(second));
    assertThat(stage(0).disruptions()).isEqualTo(1);
    assertThat(stage(0).attempts()).isZero();
  }

  @Test
  void aChargedFailureIsNoDisruptionAndTheConditionSaysWhatIsTriedAgain() {
    Job job = TestObjects.job("narrow", Work.TRAIN);
    pass(
        List.of(job),
        List.of(TestObjects.pod(job, "demo-narrow-train-aaaaa", TestObjects.running())));
    Job once = new JobBuilder(job).editStatus().withFailed(1).endStatus().build();
    String result = "{\"outcome\": \"failed\", \"message\": \"no such host\"}";
    Pod first =
        TestObjects.pod(job, "demo-narrow-train-aaaaa", TestObjects.terminated(4, "Error", result));
    pass(List.of(once), List.of(first));
    assertThat(stage(0).attempts()).isEqualTo(1);
    assertThat(condition("Progressing").reason()).isEqualTo("Retrying");
    assertThat(condition("Progressing").message()).endsWith("no such host");
    Pod second =
        new PodBuilder(TestObjects.pod(job, "demo-narrow-train-bbbbb", TestObjects.running()))
            .editMetadata()
            .withCreationTimestamp("2026-01-01T00:10:00Z")
            .endMetadata()
            .build();
    pass(List.of(once), List.of(first, second));
    assertThat(stage(0).disruptions()).isZero();
    assertThat(stage(0).attempts()).isEqualTo(1);
    assertThat(condition("Progressing").reason()).isEqualTo("Training");
  }

  @Test
  void aPodThatWasAskedToStopAndStaysIsADisruption() {
    Job job = TestObjects.job("narrow", Work.TRAIN);
    pass(
        List.of(job),
        List.of(TestObjects.pod(job, "demo-narrow-train-aaaaa", TestObjects.running())));
    Pod first =
        TestObjects.pod(job, "demo-narrow-train-aaaaa", TestObjects.terminated(143, "Error", ""));
    Pod second =
        new PodBuilder(TestObjects.pod(job, "demo-narrow-train-bbbbb", TestObjects.running()))
            .editMetadata()
            .withCreationTimestamp("2026-01-01T00:10:00Z")
            .endMetadata()
            .build();
    pass(List.of(job), List.of(first, second));
    assertThat(stage(0).disruptions()).isEqualTo(1);
    pass(List.of(job), List.of(first, second));
    assertThat(stage(0).disruptions()).isEqualTo(1);
  }

  @Test
  void theSameObjectsGiveTheSameStatusAtAnyTimeSoThatNothingIsWrittenAtRest() {
    training(50, 3.0, 1000.0);
    ProgressiveTrainingStatus before = status;
    now = now.plusSeconds(60);
    training(50, 3.0, 1000.0);
    assertThat(status).isEqualTo(before);
  }

  @Test
  void aTransitionTimeMovesOnlyWhenAStatusFlips() {
    pass(List.of(), List.of());
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
  void whatHappenedIsToldOnce() {
    pass(List.of(), List.of());
    ProgressiveTrainingStatus before = status;
    training(50, 3.0, 1000.0);
    assertThat(Transitions.between(before, status))
        .containsExactly(new Happening(false, "Training", "stage narrow"));
    assertThat(Transitions.between(status, status)).isEmpty();
  }

  @Test
  void aSpecThatCannotBeUsedFailsARunThatHasNotBegun() {
    status = statuses().refused(null, false, 1, "spec.trainer.nodes: 2");
    assertThat(status.phase()).isEqualTo(Phase.FAILED);
    assertThat(condition("Failed").message()).isEqualTo("spec.trainer.nodes: 2");
    assertThat(Transitions.between(null, status))
        .containsExactly(new Happening(true, "InvalidInput", "spec.trainer.nodes: 2"));
  }

  @Test
  void anEditThatCannotBeUsedHoldsUpARunThatHasBegunAndTheNextEditLetsItGoOn() {
    training(50, 3.0, 1000.0);
    ProgressiveTrainingStatus before = status;
    status = statuses().refused(before, false, 2, "spec.trainer.nodes: 2");
    assertThat(status.phase()).isEqualTo(Phase.TRAINING);
    assertThat(status.stages()).isEqualTo(before.stages());
    assertThat(condition("Progressing").reason()).isEqualTo("InvalidInput");
    assertThat(condition("Failed").status()).isEqualTo("False");
    assertThat(Transitions.between(before, status))
        .singleElement()
        .satisfies(told -> assertThat(told.message()).startsWith("spec.trainer.nodes: 2; nothing"));
    run.setStatus(status);
    assertThat(run.hasEnded()).isFalse();
    training(60, 2.9, 1000.0);
    assertThat(condition("Progressing").reason()).isEqualTo("Training");
  }

  @Test
  void aFailedRunThatIsDeletedStaysFailedAndSaysOnceWhyItDoesNotGo() {
    Job job = TestObjects.failed(TestObjects.job("narrow", Work.TRAIN), 1, "PodFailurePolicy");
    pass(List.of(job), List.of());
    Condition failed = condition("Failed");
    ProgressiveTrainingStatus before = status;
    status = statuses().deleting(before, 2, Reason.DELETION_HELD_UP, "no secret");
    assertThat(status.phase()).isEqualTo(Phase.FAILED);
    assertThat(condition("Failed")).isEqualTo(failed);
    assertThat(condition("Progressing").message()).isEqualTo("no secret");
    assertThat(Transitions.between(before, status))
        .containsExactly(new Happening(true, "DeletionHeldUp", "no secret"));
    assertThat(Transitions.between(status, status)).isEmpty();
  }

  private StatusFactory statuses() {
    return new StatusFactory(() -> now);
  }

  private void training(long step, double loss, double tokensPerSecond) {
    Job job = TestObjects.job("narrow", Work.TRAIN);
    Progress progress =
        new Progress(
            "narrow",
            step,
            100,
            step * 512,
            loss,
            null,
            null,
            tokensPerSecond,
            step < 20 ? null : new CheckpointStatus("s3://c", step / 20 * 20, TestObjects.START),
            TestObjects.START);
    pass(
        List.of(job),
        List.of(TestObjects.pod(job, "p", TestObjects.running())),
        Optional.of(progress));
  }

  private void pass(List<Job> jobs, List<Pod> pods) {
    pass(jobs, pods, Optional.empty());
  }

  private void pass(List<Job> jobs, List<Pod> pods, Optional<Progress> progress) {
    pass(new StageJobs(jobs, pods), progress);
  }

  private void pass(StageJobs jobs) {
    pass(jobs, Optional.empty());
  }

  private void pass(StageJobs jobs, Optional<Progress> progress) {
    Observation observation = Observer.observe(run.getSpec(), PLAN, status, jobs, progress);
    decision = StageMachine.decide(observation.observed());
    status = statuses().decided(PLAN, observation, decision, status, 1);
  }

  private static StageJobs told(Job job, Pod pod, Event warning) {
    return new StageJobs(List.of(job), List.of(pod)).with(List.of(warning));
  }

  private StageStatus stage(int index) {
    return status.stages().get(index);
  }

  private Condition condition(String type) {
    return status.conditions().stream()
        .filter(condition -> condition.type().equals(type))
        .findFirst()
        .orElseThrow();
  }
}
