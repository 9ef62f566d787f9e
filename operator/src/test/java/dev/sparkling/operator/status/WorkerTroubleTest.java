package dev.sparkling.operator.status;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sparkling.operator.TestObjects;
import dev.sparkling.operator.observe.RunJobs;
import dev.sparkling.operator.workload.Labels;
import dev.sparkling.pipeline.job.Work;
import dev.sparkling.pipeline.stage.Decision;
import dev.sparkling.pipeline.status.Phase;
import dev.sparkling.pipeline.status.ProgressiveTrainingStatus;
import io.fabric8.kubernetes.api.model.ContainerStatusBuilder;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;

/** Runs whose worker does not start, or fails. */
@NullUnmarked // a pass sets the fields that are read here
class WorkerTroubleTest extends RunPasses {

  @Test
  void anUnschedulablePodLeavesTheRunPendingAndTheConditionShowsWhy() {
    Job job = TestObjects.job("narrow", Work.TRAIN);
    pass(List.of(job), List.of(TestObjects.unschedulable(job, "0/1 nodes: no nvidia.com/gpu")));
    assertThat(status.phase()).isEqualTo(Phase.PENDING);
    assertThat(condition("Progressing").reason()).isEqualTo("Unschedulable");
    assertThat(condition("Progressing").message()).isEqualTo("0/1 nodes: no nvidia.com/gpu");
    assertThat(stage(0).worker().waitingReason()).isEqualTo("Unschedulable");
  }

  @Test
  void aReasonOfThePodIsShownInTheCondition() {
    Job job = TestObjects.job("narrow", Work.TRAIN);
    pass(
        List.of(job),
        List.of(TestObjects.pod(job, "p", TestObjects.waiting("ErrImagePull", "no such"))));
    assertThat(condition("Progressing").reason()).isEqualTo("ErrImagePull");
    assertThat(status.phase()).isEqualTo(Phase.PENDING);
  }

  @Test
  void aVolumeThatCannotBeMountedIsShownUntilThePodStarts() {
    Job job = TestObjects.job("narrow", Work.TRAIN);
    Pod pod = TestObjects.creating(job);
    String missing = "configmap \"minio-ca\" not found";
    pass(withEvent(job, pod, TestObjects.warning(pod, "FailedMount", TestObjects.START, missing)));
    assertThat(status.phase()).isEqualTo(Phase.PENDING);
    assertThat(condition("Progressing").status()).isEqualTo("False");
    assertThat(condition("Progressing").reason()).isEqualTo("FailedMount");
    assertThat(condition("Progressing").message()).isEqualTo(missing);
    assertThat(stage(0).worker().waitingReason()).isEqualTo("FailedMount");
    training(50, 3.0, 1000.0);
    assertThat(condition("Progressing").reason()).isEqualTo("Training");
    assertThat(stage(0).worker().waitingReason()).isNull();
  }

  @Test
  void aRefusedPodBetweenTwoStagesIsShownAndTheRunStaysTraining() {
    Job narrow = TestObjects.complete(TestObjects.job("narrow", Work.TRAIN));
    Job expander = TestObjects.complete(TestObjects.job("wide", Work.EXPAND));
    Job wide = TestObjects.job("wide", Work.TRAIN);
    Event refusal =
        TestObjects.warning(wide, "FailedCreate", TestObjects.START, "exceeded quota: none");
    RunJobs jobs = new RunJobs(List.of(narrow, expander, wide), List.of(), Instant.EPOCH);
    pass(jobs.with(List.of(refusal)));
    assertThat(status.phase()).isEqualTo(Phase.TRAINING);
    assertThat(condition("Progressing").reason()).isEqualTo("FailedCreate");
    assertThat(condition("Progressing").message()).isEqualTo("exceeded quota: none");
    assertThat(stage(1).worker().waitingReason()).isEqualTo("FailedCreate");
  }

  @Test
  void aRepeatedWarningDoesNotChangeTheStatus() {
    Job job = TestObjects.job("narrow", Work.TRAIN);
    Pod pod = TestObjects.creating(job);
    Event once = TestObjects.warning(pod, "FailedMount", TestObjects.START, "no such");
    pass(withEvent(job, pod, once));
    ProgressiveTrainingStatus before = status;
    now = now.plusSeconds(60);
    Event again =
        new EventBuilder(once).withCount(7).withLastTimestamp("2026-01-01T02:01:00Z").build();
    pass(withEvent(job, pod, again));
    assertThat(status).isEqualTo(before);
    assertThat(Transitions.between(before, status)).isEmpty();
  }

  @Test
  void aTrainerThatRanOutOfMemoryTooOftenShowsWhatToRaise() {
    Job job = TestObjects.failed(TestObjects.job("narrow", Work.TRAIN), 4, "BackoffLimitExceeded");
    pass(
        List.of(job),
        List.of(
            TestObjects.pod(
                job, "p", TestObjects.terminated(137, "OOMKilled", "the last line of the log\n"))));
    assertThat(condition("Failed").reason()).isEqualTo("TransientFailure");
    assertThat(condition("Failed").message())
        .contains(
            "OOMKilled, exit code 137 (for a trainer, raise"
                + " spec.trainer.resources.limits.memory or set spec.training.recomputation to"
                + " layers; for an expander, raise spec.expander.resources.limits.memory):"
                + " the last line of the log");
    assertThat(stage(0).counts().attempts()).isEqualTo(4);
  }

  @Test
  void aFailedJobIsAwaitedUntilItsPodShowsWhy() {
    Job job = TestObjects.failed(TestObjects.job("narrow", Work.TRAIN), 1, "PodFailurePolicy");
    pass(List.of(job), List.of(TestObjects.pod(job, "p", TestObjects.running())));
    assertThat(status.phase()).isEqualTo(Phase.TRAINING);
  }

  @Test
  void aFailureOfUnknownClassIsChargedAndTriedAgainUntilTheRetriesAreUsedUp() {
    Job job = TestObjects.failed(TestObjects.job("narrow", Work.TRAIN), 0, "DeadlineExceeded");
    for (int attempt = 1; attempt <= run.getSpec().retries(); attempt++) {
      pass(List.of(job), List.of());
      assertThat(decision).isEqualTo(new Decision.LaunchTrainer(PLAN.stage("narrow")));
      assertThat(stage(0).counts().attempts()).isEqualTo(attempt);
      pass(List.of(), List.of());
      assertThat(stage(0).counts().attempts()).isEqualTo(attempt);
      job = replacing(job, attempt);
    }
    pass(List.of(job), List.of());
    assertThat(status.phase()).isEqualTo(Phase.FAILED);
    assertThat(condition("Failed").reason()).isEqualTo("TransientFailure");
    assertThat(condition("Failed").message()).isEqualTo("stage narrow: Job has failed");
    assertThat(stage(0).counts().attempts()).isEqualTo(run.getSpec().retries() + 1);
  }

  private static Job replacing(Job job, int attempts) {
    return new JobBuilder(job)
        .editMetadata()
        .withAnnotations(Map.of(Labels.ATTEMPTS, Integer.toString(attempts)))
        .endMetadata()
        .build();
  }

  @Test
  void failuresOfAReplacedJobAndOfItsReplacementAddUp() {
    Job first = TestObjects.failed(TestObjects.job("narrow", Work.TRAIN), 2, "DeadlineExceeded");
    pass(List.of(first), List.of());
    assertThat(stage(0).counts().attempts()).isEqualTo(2);
    pass(List.of(), List.of());
    Job second =
        TestObjects.failed(TestObjects.job("narrow", Work.TRAIN), 2, "BackoffLimitExceeded");
    pass(List.of(replacing(second, 2)), List.of());
    assertThat(stage(0).counts().attempts()).isEqualTo(4);
    assertThat(status.phase()).isEqualTo(Phase.FAILED);
  }

  @Test
  void moreRetriesLetARunContinueWhoseJobHasUsedUpTheOldOnes() {
    Job job = TestObjects.failed(TestObjects.job("narrow", Work.TRAIN), 1, "BackoffLimitExceeded");
    assertThat(run.getSpec().retries()).isGreaterThan(1);
    pass(List.of(job), List.of());
    assertThat(decision).isEqualTo(new Decision.LaunchTrainer(PLAN.stage("narrow")));
  }

  @Test
  void aSuspensionAndAnExpansionStartTheRetriesAnew() {
    Job once = TestObjects.failed(TestObjects.job("narrow", Work.TRAIN), 1, "DeadlineExceeded");
    pass(List.of(once), List.of());
    run.setSpec(TestObjects.suspended(run.getSpec()));
    pass(List.of(), List.of());
    assertThat(stage(0).counts().attempts()).isZero();

    Job narrow = TestObjects.complete(TestObjects.job("narrow", Work.TRAIN));
    Job expander = TestObjects.job("wide", Work.EXPAND);
    run.setSpec(TestObjects.run().getSpec());
    pass(
        List.of(narrow, new JobBuilder(expander).editStatus().withFailed(2).endStatus().build()),
        List.of());
    assertThat(stage(1).counts().attempts()).isEqualTo(2);
    pass(List.of(narrow, TestObjects.complete(expander)), List.of());
    assertThat(stage(1).counts().attempts()).isZero();
  }

  @Test
  void aSidecarBeforeTheWorkerHidesNothing() {
    Job job = TestObjects.job("narrow", Work.TRAIN);
    Pod pod =
        new PodBuilder(TestObjects.pod(job, "p", TestObjects.waiting("ErrImagePull", "none")))
            .editStatus()
            .addToContainerStatuses(
                0,
                new ContainerStatusBuilder()
                    .withName("mesh")
                    .withState(TestObjects.running())
                    .build())
            .endStatus()
            .build();
    pass(List.of(job), List.of(pod));
    assertThat(status.phase()).isEqualTo(Phase.PENDING);
    assertThat(condition("Progressing").reason()).isEqualTo("ErrImagePull");
  }

  @Test
  void aRunDoesNotUseTheJobsOfAFormerRunOfItsName() {
    Job former =
        new JobBuilder(TestObjects.complete(TestObjects.job("narrow", Work.TRAIN)))
            .editMetadata()
            .editFirstOwnerReference()
            .withUid("former-uid")
            .endOwnerReference()
            .endMetadata()
            .build();
    pass(RunJobs.of(run.getMetadata().getUid(), List.of(former), List.of(), Instant.EPOCH));
    assertThat(decision).isEqualTo(new Decision.LaunchTrainer(PLAN.stage("narrow")));
    pass(RunJobs.of("former-uid", List.of(former), List.of(), Instant.EPOCH));
    assertThat(decision).isEqualTo(new Decision.LaunchExpander(PLAN.stage("wide")));
  }

  @Test
  void aRefusedLaunchStallsARunUntilARetrySucceeds() {
    status = statuses().refused(run, false, "spec.trainer.nodes: 2");
    status = statuses().failedPass(status, 2, Reason.LAUNCH_FAILED, "exceeded quota");
    assertThat(status.phase()).isEqualTo(Phase.PENDING);
    assertThat(condition("Failed").status()).isEqualTo("False");
    assertThat(condition("Progressing").message()).isEqualTo("exceeded quota");
    training(50, 3.0, 1000.0);
    assertThat(condition("Progressing").reason()).isEqualTo("Training");
  }

  @Test
  void aWorkerThatRanOutOfMemoryIsRetriedAndTheStatusShowsIt() {
    training(50, 3.0, 1000.0);
    ProgressiveTrainingStatus before = status;
    Job once =
        new JobBuilder(TestObjects.job("narrow", Work.TRAIN))
            .editStatus()
            .withFailed(1)
            .endStatus()
            .build();
    Pod killed = TestObjects.pod(once, "p", TestObjects.terminated(137, "OOMKilled", null));
    pass(List.of(once), List.of(killed));
    assertThat(condition("Progressing").reason()).isEqualTo("Retrying");
    assertThat(condition("Progressing").message())
        .endsWith(
            "OOMKilled, exit code 137 (for a trainer, raise"
                + " spec.trainer.resources.limits.memory or set spec.training.recomputation to"
                + " layers; for an expander, raise spec.expander.resources.limits.memory)");
    assertThat(Transitions.between(before, status))
        .anySatisfy(
            told -> {
              assertThat(told.reason()).isEqualTo("AttemptFailed");
              assertThat(told.message())
                  .contains("stage narrow: attempt 1 failed: OOMKilled, exit code 137");
            });
  }
}
