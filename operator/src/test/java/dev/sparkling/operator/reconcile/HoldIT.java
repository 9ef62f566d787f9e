package dev.sparkling.operator.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sparkling.operator.TestObjects;
import dev.sparkling.operator.api.ProgressiveTrainingResource;
import dev.sparkling.pipeline.status.Phase;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Runs that wait for a person, on a real API server. */
class HoldIT {

  private static final String NARROW = "demo-narrow-train";
  private static final String CHECK = "demo-narrow-check";

  private final RunningOperator cluster = new RunningOperator();

  @AfterEach
  void close() {
    cluster.close();
  }

  @Test
  void aRunWithAnInvalidSpecIsHeldAndTheNextEditStartsIt() {
    cluster.create(yaml -> yaml.replace("storage:", "trainer: {nodes: 2}\n  storage:"));
    ProgressiveTrainingResource run = cluster.awaitReason("InvalidInput");
    assertThat(run.getStatus().phase()).isEqualTo(Phase.HELD);
    assertThat(RunningOperator.condition(run, "Progressing").message())
        .startsWith("spec.trainer.nodes");
    cluster.awaitEvent("InvalidInput");
    assertThat(cluster.job(NARROW).get()).isNull();

    cluster.patch("{\"spec\": {\"trainer\": null}}");
    cluster.awaitJob(NARROW);
    cluster.awaitRun("pending", now -> now.getStatus().phase() == Phase.PENDING);
  }

  @Test
  void anInvalidEditOfARunThatHasBegunStartsNothingAndStopsNothing() {
    cluster.create(UnaryOperator.identity());
    Job job = cluster.awaitJob(NARROW);
    cluster.startPod(job, "aaaaa", TestObjects.running());
    cluster.awaitReason("Training");

    cluster.patch("{\"spec\": {\"trainer\": {\"nodes\": 2}}}");
    ProgressiveTrainingResource run = cluster.awaitReason("InvalidInput");
    assertThat(run.getStatus().phase()).isEqualTo(Phase.TRAINING);
    assertThat(cluster.job(NARROW).get().getMetadata().getDeletionTimestamp()).isNull();

    cluster.patch("{\"spec\": {\"suspend\": true}}");
    cluster.awaitTerminatingAndRemove(NARROW);
  }

  @Test
  void whatAPersonCanFixHoldsTheRunUntilItsCheckSucceeds() {
    cluster.create(UnaryOperator.identity());
    Job job = cluster.awaitJob(NARROW);
    fail(job, 2, "CredentialsRefused");
    ProgressiveTrainingResource run =
        cluster.awaitRun("held", now -> now.getStatus().phase() == Phase.HELD);
    assertThat(RunningOperator.condition(run, "Progressing").message())
        .isEqualTo(
            "stage narrow is held: s3://x: access denied. The run resumes automatically once this"
                + " problem is fixed");
    Job check = cluster.awaitJob(CHECK);
    assertThat(cluster.job(NARROW).get().getMetadata().getDeletionTimestamp())
        .as("the failed job is kept for its log")
        .isNull();
    cluster.awaitEvent("CredentialsRefused");

    cluster.startPod(check, "ccccc", TestObjects.terminated(0, "Completed", ""));
    cluster.awaitTerminatingAndRemove(NARROW);
    cluster.awaitTerminatingAndRemove(CHECK);
    Job next = cluster.awaitOther(job);
    assertThat(next.getMetadata().getAnnotations()).isNullOrEmpty();
    cluster.startPod(next, "ddddd", TestObjects.running());
    cluster.awaitReason("Training");
  }

  @Test
  void aFailedRunIsTriedAgainAtOnceWhenItsAnnotationAsksForIt() {
    cluster.create(UnaryOperator.identity());
    Job job = cluster.awaitJob(NARROW);
    fail(job, 3, "CorruptCheckpoint");
    ProgressiveTrainingResource run =
        cluster.awaitRun("failed", now -> now.getStatus().phase() == Phase.FAILED);
    assertThat(RunningOperator.condition(run, "Failed").message())
        .isEqualTo("stage narrow: s3://x: access denied");
    assertThat(run.getStatus().stages().getFirst().worker().pod()).isEqualTo(NARROW + "-aaaaa");
    assertThat(cluster.job(NARROW).get().getMetadata().getDeletionTimestamp()).isNull();

    cluster.patch("{\"metadata\": {\"annotations\": {\"sparkling.dev/retry\": \"once\"}}}");
    cluster.awaitTerminatingAndRemove(NARROW);
    assertThat(cluster.awaitOther(job).getMetadata().getAnnotations()).isNullOrEmpty();
    cluster.awaitRun("followed", now -> "once".equals(now.getStatus().retry()));
  }

  private void fail(Job job, int exitCode, String reason) {
    String result =
        "{\"outcome\": \"failed\", \"reason\": \"%s\", \"message\": \"s3://x: access denied\"}"
            .formatted(reason);
    cluster.startPod(job, "aaaaa", TestObjects.terminated(exitCode, "Error", result));
    cluster.fail(job, 1, "PodFailurePolicy");
  }
}
