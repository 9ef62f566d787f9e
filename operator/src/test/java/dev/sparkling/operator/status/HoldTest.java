package dev.sparkling.operator.status;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sparkling.operator.TestObjects;
import dev.sparkling.operator.status.Transitions.RunEvent;
import dev.sparkling.operator.workload.Check;
import dev.sparkling.pipeline.job.Work;
import dev.sparkling.pipeline.spec.ProgressiveTraining;
import dev.sparkling.pipeline.stage.Decision;
import dev.sparkling.pipeline.stage.Hold;
import dev.sparkling.pipeline.status.HoldStatus;
import dev.sparkling.pipeline.status.Phase;
import dev.sparkling.pipeline.status.ProgressiveTrainingStatus;
import dev.sparkling.pipeline.status.StageState;
import dev.sparkling.pipeline.status.StageStatus.AttemptCounts;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;

/** A run waits for what a person can fix, and resumes. */
@NullUnmarked // a pass sets the fields that are read here
class HoldTest extends RunPasses {

  private static final String MESSAGE = "s3://x: the server refused the credentials";
  private static final Job TRAINER = TestObjects.job("narrow", Work.TRAIN);
  private static final Decision LAUNCH = new Decision.LaunchTrainer(PLAN.stage("narrow"));

  @Test
  void refusedCredentialsHoldTheRunUntilItsCheckHasEnded() {
    training(50, 3.0, 1000.0);
    ProgressiveTrainingStatus before = status;
    fail(2, "CredentialsRefused");
    assertThat(decision).isEqualTo(waiting(Hold.State.WAITING));
    assertThat(status.phase()).isEqualTo(Phase.HELD);
    assertThat(stage(0).state()).isEqualTo(StageState.HELD);
    assertThat(stage(0).hold())
        .isEqualTo(new HoldStatus("CredentialsRefused", MESSAGE, 1, now.toString()));
    assertThat(stage(0).counts()).isEqualTo(new AttemptCounts(0, 0, 0, 1));
    assertThat(condition("Progressing").reason()).isEqualTo("CredentialsRefused");
    assertThat(condition("Progressing").message())
        .isEqualTo(
            "stage narrow is held: "
                + MESSAGE
                + ". The run resumes automatically once this problem is fixed");
    assertThat(condition("Failed").status()).isEqualTo("False");
    assertThat(Transitions.between(before, status))
        .containsExactly(
            new RunEvent(true, "CredentialsRefused", condition("Progressing").message()));

    ProgressiveTrainingStatus held = status;
    fail(2, "CredentialsRefused");
    assertThat(status).as("a held run's status is not written again").isEqualTo(held);
    pass(List.of(failed(), check()), List.of());
    assertThat(decision).isEqualTo(waiting(Hold.State.WAITING));
    assertThat(status).isEqualTo(held);

    pass(List.of(failed(), TestObjects.complete(check())), List.of());
    assertThat(decision).as("the failed job is still there").isEqualTo(waiting(Hold.State.ENDING));
    pass(List.of(TestObjects.complete(check())), List.of());
    assertThat(decision).isEqualTo(LAUNCH);
    assertThat(status.phase()).isEqualTo(Phase.PENDING);
    assertThat(stage(0).hold()).isNull();
    training(60, 3.0, 1000.0);
    assertThat(status.phase()).isEqualTo(Phase.TRAINING);
  }

  @Test
  void aRunThatWasNeverHeldHasNoFieldsAboutHolds() {
    training(50, 3.0, 1000.0);
    assertThat(new KubernetesSerialization().asJson(status)).doesNotContain("hold", "retry");
    fail(2, "StoreFull");
    assertThat(new KubernetesSerialization().asJson(status)).contains("\"holds\":1");
  }

  @Test
  void checksOfEarlierHoldsCountForNothingAndThoseOfRepeatedHoldsBeginLater() {
    fail(2, "StoreFull");
    Job former = TestObjects.complete(check());
    resume();
    assertThat(decision).isEqualTo(LAUNCH);
    now = now.plusSeconds(30);
    fail(2, "StoreFull");
    assertThat(stage(0).counts().holds()).isEqualTo(2);
    pass(List.of(failed(), former), List.of());
    assertThat(status.phase()).isEqualTo(Phase.HELD);
    assertThat(actions).hasSize(1).first().isInstanceOf(Action.Stop.class);
    now = now.plusSeconds(19);
    pass(List.of(failed()), List.of());
    assertThat(actions).isEmpty();
    now = now.plusSeconds(1);
    pass(List.of(failed()), List.of());
    assertThat(actions).singleElement().isInstanceOf(Action.LaunchCheck.class);
    resume();
    assertThat(decision).isEqualTo(LAUNCH);
  }

  /** The check has ended, and the failed job is gone. */
  private void resume() {
    pass(List.of(TestObjects.complete(check())), List.of());
  }

  @Test
  void theEndOfAHoldIsStoredBeforeTheWorkerIsLaunched() {
    fail(2, "StoreFull");
    assertThat(actions).as("the hold is stored first").isEmpty();
    resume();
    assertThat(stage(0).hold()).isNull();
    assertThat(actions).isEmpty();
    pass(List.of(), List.of());
    assertThat(actions).containsExactly(new Action.Launch("narrow", Work.TRAIN, 0));
  }

  @Test
  void aCheckThatCannotStartIsShown() {
    fail(2, "StoreFull");
    Job check = check();
    pass(List.of(failed(), check), List.of(TestObjects.unschedulable(check, "0/1 nodes")));
    assertThat(condition("Progressing").message())
        .endsWith("problem is fixed; its check cannot start: Unschedulable: 0/1 nodes");
    pass(List.of(failed(), TestObjects.suspended(check)), List.of());
    assertThat(condition("Progressing").message())
        .contains("its check cannot start: Suspended: job demo-narrow-check is suspended");
  }

  @Test
  void holdsAreCountedAnewOnceThereIsANewerCheckpoint() {
    training(25, 3.0, 1000.0);
    fail(2, "StoreFull");
    resume();
    training(30, 3.0, 1000.0);
    assertThat(stage(0).counts().holds()).isEqualTo(1);
    training(45, 3.0, 1000.0);
    assertThat(stage(0).counts().holds()).isZero();
  }

  @Test
  void anEditResumesTheRunAtOnce() {
    fail(2, "InvalidInput");
    run.getMetadata().setGeneration(2L);
    pass(List.of(failed(), check()), List.of());
    assertThat(decision).isEqualTo(waiting(Hold.State.ENDING, "InvalidInput"));
    pass(List.of(check()), List.of());
    assertThat(decision).isEqualTo(LAUNCH);
  }

  @Test
  void aRequestResumesTheRunAtOnceAndOnce() {
    fail(2, "InvalidInput");
    requestRetry("a");
    pass(List.of(failed(), check()), List.of());
    assertThat(decision).isEqualTo(waiting(Hold.State.ENDING, "InvalidInput"));
    pass(List.of(check()), List.of());
    assertThat(decision).isEqualTo(LAUNCH);
    fail(2, "InvalidInput");
    pass(List.of(check()), List.of());
    assertThat(decision).isEqualTo(waiting(Hold.State.WAITING, "InvalidInput"));
  }

  @Test
  void aSuspensionEndsTheHoldAndRemovesWhatIsLeft() {
    fail(2, "StoreFull");
    run.setSpec(TestObjects.suspended(run.getSpec()));
    run.getMetadata().setGeneration(2L);
    pass(List.of(failed(), check()), List.of());
    assertThat(decision).isEqualTo(new Decision.Suspend(PLAN.stage("narrow"), true));
    pass(List.of(), List.of());
    assertThat(decision).isEqualTo(new Decision.Suspend(PLAN.stage("narrow"), false));
    assertThat(status.phase()).isEqualTo(Phase.SUSPENDED);
    assertThat(stage(0).hold()).isNull();
    assertThat(stage(0).counts()).isEqualTo(AttemptCounts.NONE);
  }

  @Test
  void theCheckOfAHeldExpanderIsThatOfAnExpander() {
    Job narrow = TestObjects.complete(TestObjects.job("narrow", Work.TRAIN));
    Job expander = TestObjects.failed(TestObjects.job("wide", Work.EXPAND), 1, "PodFailurePolicy");
    List<Pod> pods = List.of(ended(expander, 2, "StoreFull"));
    pass(List.of(narrow, expander), pods);
    assertThat(stage(1).state()).isEqualTo(StageState.HELD);
    pass(List.of(narrow, expander), pods);
    assertThat(actions)
        .containsExactly(new Action.LaunchCheck("wide", new Check(Work.EXPAND, stage(1).hold())));
    pass(List.of(narrow, TestObjects.complete(wideCheck())), List.of());
    pass(List.of(narrow), List.of());
    assertThat(actions).containsExactly(new Action.Launch("wide", Work.EXPAND, 0));
  }

  private Job wideCheck() {
    return TestObjects.check("wide", new Check(Work.EXPAND, stage(1).hold()));
  }

  @Test
  void anImageThatCannotBePulledHoldsTheRunAndTheCheckShowsWhyItWaits() {
    Pod pod =
        TestObjects.pod(TRAINER, "p", TestObjects.waiting("ImagePullBackOff", "no such image"));
    now = Instant.parse(TestObjects.START).plusSeconds(29);
    pass(List.of(TRAINER), List.of(pod));
    assertThat(status.phase()).as("the kubelet tries again").isEqualTo(Phase.PENDING);
    now = now.plusSeconds(1);
    pass(List.of(TRAINER), List.of(pod));
    assertThat(status.phase()).isEqualTo(Phase.HELD);
    assertThat(stage(0).hold())
        .isEqualTo(new HoldStatus("ImagePullBackOff", "no such image", 1, now.toString()));
    Job check = check();
    Pod waiting =
        TestObjects.pod(check, "c", TestObjects.waiting("ImagePullBackOff", "no such image"));
    pass(List.of(check), List.of(waiting));
    assertThat(decision)
        .isEqualTo(waiting(Hold.State.WAITING, "ImagePullBackOff", "no such image"));
    assertThat(stage(0).worker().waitingReason()).isEqualTo("ImagePullBackOff");
    assertThat(stage(0).worker().pod()).isNull();
  }

  @Test
  void anUnavailableStoreIsRetriedAndThenAwaited() {
    Job once = TestObjects.failed(TRAINER, 1, "BackoffLimitExceeded");
    pass(List.of(once), List.of(ended(once, 4, "StoreUnavailable")));
    assertThat(decision).isEqualTo(LAUNCH);
    Job often = TestObjects.failed(TRAINER, 4, "BackoffLimitExceeded");
    pass(List.of(often), List.of(ended(often, 4, "StoreUnavailable")));
    assertThat(decision).isEqualTo(waiting(Hold.State.WAITING, "StoreUnavailable"));
    assertThat(stage(0).counts()).isEqualTo(new AttemptCounts(0, 0, 0, 1));
  }

  @Test
  void aReasonThatContradictsTheExitCodeIsIgnored() {
    Job often = TestObjects.failed(TRAINER, 4, "BackoffLimitExceeded");
    pass(List.of(often), List.of(ended(often, 4, "CredentialsRefused")));
    assertThat(condition("Failed").reason()).isEqualTo("TransientFailure");
  }

  @Test
  void aFailedRunIsTriedAgainWithAllItsRetriesOnRequestOnly() {
    Job job = TestObjects.failed(TRAINER, 4, "BackoffLimitExceeded");
    Pod pod = ended(job, 4, "TransientFailure");
    pass(List.of(job), List.of(pod));
    assertThat(status.phase()).isEqualTo(Phase.FAILED);
    assertThat(condition("Failed").reason()).isEqualTo("TransientFailure");
    run.setStatus(status);
    assertThat(run.hasEnded()).isTrue();

    requestRetry("a");
    assertThat(run.hasEnded()).isFalse();
    pass(List.of(job), List.of(pod));
    assertThat(actions).singleElement().isInstanceOf(Action.Stop.class);
    assertThat(status.retry()).isNull();
    pass(List.of(terminating(job)), List.of(pod));
    assertThat(status.retry()).as("the failed job is still there").isNull();
    assertThat(stage(0).counts().attempts()).isZero();
    pass(List.of(), List.of());
    assertThat(actions).containsExactly(new Action.Launch("narrow", Work.TRAIN, 0));
    assertThat(status.retry()).isEqualTo("a");
    assertThat(stage(0).counts()).isEqualTo(AttemptCounts.NONE);

    pass(List.of(job), List.of(pod));
    assertThat(status.phase()).as("fails again").isEqualTo(Phase.FAILED);
    run.setStatus(status);
    assertThat(run.hasEnded()).isTrue();
  }

  private static Job terminating(Job job) {
    return new JobBuilder(job)
        .editMetadata()
        .withDeletionTimestamp(TestObjects.END)
        .endMetadata()
        .build();
  }

  private void requestRetry(String value) {
    run.getMetadata().setAnnotations(Map.of(ProgressiveTraining.RETRY_ANNOTATION, value));
  }

  private void fail(int exitCode, String reason) {
    pass(List.of(failed()), List.of(ended(failed(), exitCode, reason)));
  }

  private static Job failed() {
    return TestObjects.failed(TRAINER, 1, "PodFailurePolicy");
  }

  private static Pod ended(Job job, int exitCode, String reason) {
    String result =
        "{\"outcome\": \"failed\", \"reason\": \"%s\", \"message\": \"%s\"}"
            .formatted(reason, MESSAGE);
    return TestObjects.pod(
        job, "demo-narrow-train-aaaaa", TestObjects.terminated(exitCode, "Error", result));
  }

  /** The check of the present hold. */
  private Job check() {
    return TestObjects.check("narrow", new Check(Work.TRAIN, stage(0).hold()));
  }

  private static Decision waiting(Hold.State state) {
    return waiting(state, "CredentialsRefused");
  }

  private static Decision waiting(Hold.State state, String reason) {
    return waiting(state, reason, MESSAGE);
  }

  private static Decision waiting(Hold.State state, String reason, String message) {
    return new Decision.Wait(PLAN.stage("narrow"), false, new Hold(reason, message, state));
  }
}
