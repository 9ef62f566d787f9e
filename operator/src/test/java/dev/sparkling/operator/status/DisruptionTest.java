package dev.sparkling.operator.status;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sparkling.operator.TestObjects;
import dev.sparkling.operator.observe.RunJobs;
import dev.sparkling.pipeline.job.Work;
import dev.sparkling.pipeline.spec.ProgressiveTrainingSpec;
import dev.sparkling.pipeline.stage.Decision;
import dev.sparkling.pipeline.status.Phase;
import dev.sparkling.pipeline.status.StageStatus.AttemptCounts;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;

/** A worker that is lost to a disruption is counted once, and never charged. */
@NullUnmarked // a pass sets the fields that are read here
class DisruptionTest extends RunPasses {

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
    assertThat(stage(0).counts().disruptions()).isZero();
  }

  @Test
  void aJobThatLosesItsQuotaIsQueuedAgainAndItsPodIsOneDisruption() {
    Job job = TestObjects.job("narrow", Work.TRAIN);
    pass(List.of(job), List.of(firstPod(job)));
    Job held = TestObjects.held(job, TestObjects.END);
    pass(List.of(held), List.of(firstPod(job)));
    assertThat(status.phase()).isEqualTo(Phase.QUEUED);
    assertThat(stage(0).counts().disruptions()).isZero();
    pass(List.of(held), List.of());
    pass(List.of(held), List.of());
    assertThat(stage(0).counts().disruptions()).isEqualTo(1);
    assertThat(stage(0).worker().pod()).isNull();
    pass(List.of(job), List.of(secondPod(job)));
    assertThat(stage(0).counts().disruptions()).isEqualTo(1);
    assertThat(stage(0).counts().attempts()).isZero();
  }

  @Test
  void aDisruptedPodIsCountedAndNotCharged() {
    Job job = TestObjects.job("narrow", Work.TRAIN);
    pass(List.of(job), List.of(firstPod(job)));
    Pod second = secondPod(job);
    pass(List.of(job), List.of(second));
    assertThat(stage(0).counts().disruptions()).isEqualTo(1);
    assertThat(stage(0).counts().attempts()).isZero();
  }

  @Test
  void tenPodsLostWithoutACheckpointHoldTheRunAndANewCheckpointBeginsTheCountAnew() {
    Job job = TestObjects.job("narrow", Work.TRAIN);
    pass(List.of(job), List.of(firstPod(job)));
    lose(9);
    assertThat(stage(0).counts()).isEqualTo(new AttemptCounts(0, 9, 9, 0));
    assertThat(decision).isInstanceOf(Decision.Await.class);
    training(60, 3.0, 1000.0);
    assertThat(stage(0).counts()).isEqualTo(new AttemptCounts(0, 10, 0, 0));

    pass(List.of(job), List.of(firstPod(job)));
    lose(9);
    assertThat(decision).isInstanceOf(Decision.Await.class);
    lose(1);
    assertThat(decision).isInstanceOf(Decision.Wait.class);
    assertThat(stage(0).counts()).isEqualTo(new AttemptCounts(0, 20, 0, 1));
    assertThat(condition("Progressing").reason()).isEqualTo("TooManyDisruptions");
    assertThat(condition("Progressing").message())
        .contains("10 pods in a row were lost", "spec.training.checkpoints.everySteps");
  }

  /** Replaces the running pod so many times. */
  private void lose(int pods) {
    Job job = TestObjects.job("narrow", Work.TRAIN);
    for (int lost = 0; lost < pods; lost++) {
      boolean first = stage(0).worker().pod().endsWith("b");
      pass(List.of(job), List.of(first ? firstPod(job) : secondPod(job)));
    }
  }

  @Test
  void aChargedFailureIsNoDisruptionAndTheConditionShowsTheRetry() {
    Job job = TestObjects.job("narrow", Work.TRAIN);
    pass(List.of(job), List.of(firstPod(job)));
    Job once = new JobBuilder(job).editStatus().withFailed(1).endStatus().build();
    String result = "{\"outcome\": \"failed\", \"message\": \"no such host\"}";
    Pod first =
        TestObjects.pod(job, "demo-narrow-train-aaaaa", TestObjects.terminated(4, "Error", result));
    pass(List.of(once), List.of(first));
    assertThat(stage(0).counts().attempts()).isEqualTo(1);
    assertThat(condition("Progressing").reason()).isEqualTo("Retrying");
    assertThat(condition("Progressing").message()).endsWith("no such host");
    Pod second = secondPod(job);
    pass(List.of(once), List.of(first, second));
    assertThat(stage(0).counts().disruptions()).isZero();
    assertThat(stage(0).counts().attempts()).isEqualTo(1);
    assertThat(condition("Progressing").reason()).isEqualTo("Training");
  }

  @Test
  void aPodThatWasAskedToStopAndStaysIsADisruption() {
    Job job = TestObjects.job("narrow", Work.TRAIN);
    pass(List.of(job), List.of(firstPod(job)));
    Pod first =
        TestObjects.pod(job, "demo-narrow-train-aaaaa", TestObjects.terminated(143, "Error", ""));
    Pod second = secondPod(job);
    pass(List.of(job), List.of(first, second));
    assertThat(stage(0).counts().disruptions()).isEqualTo(1);
    pass(List.of(job), List.of(first, second));
    assertThat(stage(0).counts().disruptions()).isEqualTo(1);
  }

  @Test
  void aTerminatingPodIsShownAndItsTrainerNotPolledAnyMore() {
    Job job = TestObjects.job("narrow", Work.TRAIN);
    training(50, 3.25, 1000.0);
    Pod stopping = terminating(TestObjects.pod(job, "p", TestObjects.running()));
    RunJobs jobs = new RunJobs(List.of(job), List.of(stopping), Instant.EPOCH);
    pass(jobs);
    assertThat(status.phase()).isEqualTo(Phase.PENDING);
    assertThat(condition("Progressing").reason()).isEqualTo("Terminating");
    assertThat(jobs.trainer(decision)).isEmpty();
  }

  @Test
  void noWorkerIsLaunchedWhileThePodOfADeletedJobIsTerminating() {
    Job job = TestObjects.job("narrow", Work.TRAIN);
    training(50, 3.25, 1000.0);
    Pod stopping = terminating(TestObjects.pod(job, "p", TestObjects.running()));
    now = Instant.parse(TestObjects.END);
    pass(List.of(), List.of(stopping));
    assertThat(decision).isInstanceOf(Decision.Await.class);
    assertThat(status.phase()).isEqualTo(Phase.PENDING);
    assertThat(condition("Progressing").reason()).isEqualTo("Terminating");
    assertThat(condition("Progressing").message()).startsWith("pod p is terminating");

    Pod ended = terminating(TestObjects.pod(job, "p", TestObjects.terminated(143, "Error", "")));
    pass(List.of(), List.of(ended));
    assertThat(decision).isInstanceOf(Decision.LaunchTrainer.class);
    assertThat(stage(0).counts()).isEqualTo(new AttemptCounts(0, 0, 0, 0));
  }

  @Test
  void aPodWhoseNodeIsUnreachableIsReplacedFiveMinutesAfterItsGracePeriod() {
    Job job = TestObjects.job("narrow", Work.TRAIN);
    pass(List.of(job), List.of(firstPod(job)));
    Pod stopping = terminating(firstPod(job));
    now = Instant.parse(TestObjects.END).plusSeconds(300);
    pass(List.of(job), List.of(stopping));
    assertThat(condition("Progressing").reason()).isEqualTo("Terminating");
    assertThat(actions).isEmpty();

    now = now.plusSeconds(1);
    pass(List.of(job), List.of(stopping));
    assertThat(actions).singleElement().isInstanceOf(Action.Abandon.class);
    pass(List.of(job), List.of(stopping));
    pass(List.of(), List.of(stopping));
    assertThat(actions).containsExactly(new Action.Launch("narrow", Work.TRAIN, 0));
    pass(List.of(job), List.of(secondPod(job)));
    assertThat(stage(0).counts()).isEqualTo(new AttemptCounts(0, 1, 1, 0));
  }

  @Test
  void aPodOfAnotherStagesDeletedJobDelaysNoWorker() {
    Job job = TestObjects.job("wide", Work.TRAIN);
    pass(List.of(), List.of(TestObjects.pod(job, "p", TestObjects.running())));
    assertThat(decision).isInstanceOf(Decision.LaunchTrainer.class);
  }

  @Test
  void aFailedPodThatSomebodyDeletesAfterItWasChargedIsNoDisruption() {
    Job job = TestObjects.job("narrow", Work.TRAIN);
    pass(List.of(job), List.of(firstPod(job)));
    Job once = new JobBuilder(job).editStatus().withFailed(1).endStatus().build();
    Pod failed =
        TestObjects.pod(job, "demo-narrow-train-aaaaa", TestObjects.terminated(4, "Error", ""));
    pass(List.of(once), List.of(failed));
    pass(List.of(once), List.of());
    pass(List.of(once), List.of(secondPod(job)));
    assertThat(stage(0).counts()).isEqualTo(new AttemptCounts(1, 0, 0, 0));
  }

  @Test
  void aFailureIsChargedAlsoIfItsPodIsGoneBeforeThePassSawItFail() {
    Job job = TestObjects.job("narrow", Work.TRAIN);
    pass(List.of(job), List.of(firstPod(job)));
    Job stale = new JobBuilder(job).editStatus().withActive(1).endStatus().build();
    pass(List.of(stale), List.of());
    assertThat(stage(0).counts()).isEqualTo(AttemptCounts.NONE);
    Job uncounted =
        new JobBuilder(job)
            .editStatus()
            .withActive(0)
            .withNewUncountedTerminatedPods()
            .withFailed("pod-uid")
            .endUncountedTerminatedPods()
            .endStatus()
            .build();
    pass(List.of(uncounted), List.of());
    Job counted = new JobBuilder(job).editStatus().withFailed(1).endStatus().build();
    pass(List.of(counted), List.of());
    assertThat(stage(0).counts()).isEqualTo(new AttemptCounts(1, 0, 0, 0));
  }

  @Test
  void aStoppedPodOfAJobThatIsDeletedIsNoDisruption() {
    Job job = TestObjects.job("narrow", Work.TRAIN);
    pass(List.of(job), List.of(firstPod(job)));
    Pod stopped =
        TestObjects.pod(job, "demo-narrow-train-aaaaa", TestObjects.terminated(143, "Error", ""));
    Job terminating =
        new JobBuilder(job)
            .editMetadata()
            .withDeletionTimestamp(TestObjects.END)
            .endMetadata()
            .build();
    pass(List.of(terminating), List.of(stopped));
    pass(List.of(terminating), List.of());
    pass(List.of(), List.of());
    pass(List.of(job), List.of(secondPod(job)));
    assertThat(stage(0).counts()).isEqualTo(AttemptCounts.NONE);
  }

  @Test
  void aSuspensionIsNoDisruptionAlsoIfThePodsEndIsSeenBeforeItsJobsDeletion() {
    Job job = TestObjects.job("narrow", Work.TRAIN);
    pass(List.of(job), List.of(firstPod(job)));
    run.setSpec(TestObjects.suspended(run.getSpec()));
    Pod stopped =
        TestObjects.pod(job, "demo-narrow-train-aaaaa", TestObjects.terminated(143, "Error", ""));
    pass(List.of(job), List.of(stopped));
    pass(List.of(job), List.of());
    pass(List.of(), List.of());
    assertThat(stage(0).counts()).isEqualTo(AttemptCounts.NONE);
  }

  @Test
  void theNextStagesPodReplacesNoneOfTheExpanders() {
    Job narrow = TestObjects.complete(TestObjects.job("narrow", Work.TRAIN));
    Job expander = TestObjects.job("wide", Work.EXPAND);
    pass(
        List.of(narrow, expander),
        List.of(TestObjects.pod(expander, "demo-wide-expand-ccccc", TestObjects.running())));
    Job expanded = TestObjects.complete(expander);
    Job wide = TestObjects.job("wide", Work.TRAIN);
    Pod trainer = TestObjects.pod(wide, "demo-wide-train-ddddd", TestObjects.running());
    pass(List.of(narrow, expanded, wide), List.of(trainer));
    assertThat(stage(1).worker().pod()).isEqualTo("demo-wide-train-ddddd");
    assertThat(stage(1).counts()).isEqualTo(AttemptCounts.NONE);
  }

  @Test
  void thePodAfterASuspensionReplacesNone() {
    Job job = TestObjects.job("narrow", Work.TRAIN);
    pass(List.of(job), List.of(firstPod(job)));
    ProgressiveTrainingSpec running = run.getSpec();
    run.setSpec(TestObjects.suspended(running));
    pass(List.of(), List.of());
    assertThat(stage(0).worker().pod()).isNull();
    run.setSpec(running);
    Pod second = secondPod(job);
    pass(List.of(job), List.of(second));
    assertThat(stage(0).counts().disruptions()).isZero();
  }

  private static Pod firstPod(Job job) {
    return TestObjects.pod(job, "demo-narrow-train-aaaaa", TestObjects.running());
  }

  /** Ten minutes later. */
  private static Pod secondPod(Job job) {
    return new PodBuilder(TestObjects.pod(job, "demo-narrow-train-bbbbb", TestObjects.running()))
        .editMetadata()
        .withCreationTimestamp("2026-01-01T00:10:00Z")
        .endMetadata()
        .build();
  }

  private static Pod terminating(Pod pod) {
    return new PodBuilder(pod)
        .editMetadata()
        .withDeletionTimestamp(TestObjects.END)
        .endMetadata()
        .build();
  }
}
