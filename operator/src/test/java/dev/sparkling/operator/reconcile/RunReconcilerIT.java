package dev.sparkling.operator.reconcile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sparkling.operator.TestObjects;
import dev.sparkling.operator.api.ProgressiveTrainingResource;
import dev.sparkling.operator.workload.Labels;
import dev.sparkling.pipeline.status.Phase;
import dev.sparkling.pipeline.status.StageState;
import dev.sparkling.pipeline.status.StageStatus.AttemptCounts;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceQuota;
import io.fabric8.kubernetes.api.model.ResourceQuotaBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The whole operator on a real API server, with jobs and pods that the test plays. */
class RunReconcilerIT {

  private static final String NARROW = "demo-narrow-train";
  private static final String RESULT =
      """
      {"outcome": "complete", "message": "%s: step %d", "progress": {"stage": "%1$s",
       "step": %2$d, "lastStep": %2$d, "tokens": %3$d, "loss": 2.5,
       "checkpoint": {"uri": "s3://c", "step": %2$d, "time": "2026-01-01T01:00:00Z"}}}
      """;
  private static final String EXPANDED =
      """
      {"outcome": "complete", "message": "expanded", "expansion": {"seconds": 2.5, "bytes": 10}}
      """;

  private final RunningOperator cluster = new RunningOperator();

  @AfterEach
  void stop() {
    cluster.close();
  }

  @Test
  void aRunIsTrainedNarrowWidenedAndTrainedWide() {
    cluster.create(UnaryOperator.identity());
    Job narrow = cluster.awaitJob(NARROW);
    Pod pod = cluster.startPod(narrow, "aaaaa", TestObjects.running());
    cluster.awaitReason("Training");
    cluster.setPod(
        pod.getMetadata().getName(),
        TestObjects.terminated(0, "Completed", RESULT.formatted("narrow", 100, 51_200)));

    Job expander = cluster.awaitJob("demo-wide-expand");
    cluster.startPod(expander, "bbbbb", TestObjects.terminated(0, "Completed", EXPANDED));
    Job wide = cluster.awaitJob("demo-wide-train");
    cluster.startPod(
        wide,
        "ccccc",
        TestObjects.terminated(0, "Completed", RESULT.formatted("wide", 200, 102_400)));

    ProgressiveTrainingResource run = cluster.awaitReason("Succeeded");
    assertThat(run.getStatus().phase()).isEqualTo(Phase.SUCCEEDED);
    assertThat(run.getStatus().stages())
        .allSatisfy(
            stage -> {
              assertThat(stage.state()).isEqualTo(StageState.SUCCEEDED);
              assertThat(stage.counts()).isEqualTo(AttemptCounts.NONE);
            });
    assertThat(run.getStatus().stages().getLast().figures().tokens()).isEqualTo(102_400);
    cluster.awaitEvent("StageSucceeded");
    cluster.awaitEvent("Expanded");
    cluster.awaitEvent("Succeeded");
  }

  @Test
  void theJobDocumentHoldsTheSpecAsTheUserWroteIt() throws IOException {
    cluster.create(UnaryOperator.identity());
    cluster.awaitJob(NARROW);
    String document =
        cluster
            .administrator()
            .configMaps()
            .inNamespace(cluster.namespace())
            .withName(NARROW)
            .get()
            .getData()
            .get("job.json");
    JsonNode training = new ObjectMapper().readTree(document).at("/spec/training");
    assertThat(training.get("learningRate").get("peak").asDouble()).isEqualTo(4.0e-3);
    assertThat(training.properties().stream().map(Map.Entry::getKey))
        .containsExactlyInAnyOrder("sequenceLength", "globalBatchSize", "learningRate");
  }

  /** java-operator-sdk#3414: no event may follow that would trigger another pass. */
  @Test
  void anEditDuringTheStatusPatchIsReconciledAtOnce() {
    cluster.create(UnaryOperator.identity());
    Job job = cluster.awaitJob(NARROW);
    Pod pod = cluster.startPod(job, "aaaaa", TestObjects.waiting("ContainerCreating", null));
    cluster.awaitRun(
        "the pod's name", run -> run.getStatus().stages().getFirst().worker().pod() != null);
    cluster.beforeNextStatusPatch(() -> cluster.patch("{\"spec\": {\"suspend\": true}}"));

    cluster.setPod(pod.getMetadata().getName(), TestObjects.running());

    cluster.awaitTerminatingAndRemove(NARROW);
    cluster.awaitReason("Suspended");
  }

  @Test
  void aStatusThatAnotherOperatorHasWrittenIsNotOverwrittenWithAnOlderOne() {
    cluster.create(UnaryOperator.identity());
    Job job = cluster.awaitJob(NARROW);
    Pod pod = cluster.startPod(job, "aaaaa", TestObjects.waiting("ContainerCreating", null));
    cluster.awaitRun(
        "the pod's name", run -> run.getStatus().stages().getFirst().worker().pod() != null);
    // The successor of an operator that has lost its lease without noticing.
    cluster.beforeNextStatusPatch(cluster::succeed);

    cluster.setPod(pod.getMetadata().getName(), TestObjects.running());

    cluster.awaitRun("succeeded", run -> run.getStatus().phase() == Phase.SUCCEEDED);
    await("it stays so")
        .during(Duration.ofSeconds(3))
        .atMost(RunningOperator.PATIENCE)
        .until(() -> cluster.run().get().getStatus().phase() == Phase.SUCCEEDED);
  }

  @Test
  void aSuspendedRunStopsItsWorkerAndResumesWithANewJob() {
    cluster.create(UnaryOperator.identity());
    Job job = cluster.awaitJob(NARROW);
    cluster.startPod(job, "aaaaa", TestObjects.running());
    cluster.awaitReason("Training");

    cluster.patch("{\"spec\": {\"suspend\": true}}");
    cluster.awaitTerminatingAndRemove(NARROW);
    cluster.awaitRun("suspended", run -> run.getStatus().phase() == Phase.SUSPENDED);
    assertThat(cluster.job(NARROW).get()).isNull();

    cluster.patch("{\"spec\": {\"suspend\": false}}");
    Job next = cluster.awaitJob(NARROW);
    assertThat(next.getMetadata().getUid()).isNotEqualTo(job.getMetadata().getUid());
  }

  @Test
  void aNameThatIsTakenIsNamedUntilItIsFree() {
    cluster.administrator().resource(configMap().build()).inNamespace(cluster.namespace()).create();
    cluster.create(UnaryOperator.identity());
    ProgressiveTrainingResource run = cluster.awaitReason("LaunchFailed");
    assertThat(RunningOperator.condition(run, "Progressing").message())
        .isEqualTo(
            "configmaps demo-narrow-train: exists and belongs to something else; rename the run or"
                + " the stage");
    cluster.awaitEvent("LaunchFailed");

    cluster.administrator().configMaps().inNamespace(cluster.namespace()).withName(NARROW).delete();
    cluster.awaitJob(NARROW);
  }

  @Test
  void anObjectOfAFormerRunOfTheSameNameIsAwaited() {
    cluster
        .administrator()
        .resource(
            configMap()
                .editMetadata()
                .addNewOwnerReference()
                .withApiVersion("sparkling.dev/v1alpha1")
                .withKind("ProgressiveTraining")
                .withName("demo")
                .withUid("former")
                .endOwnerReference()
                .endMetadata()
                .build())
        .inNamespace(cluster.namespace())
        .create();
    cluster.create(UnaryOperator.identity());
    assertThat(
            RunningOperator.condition(cluster.awaitReason("LaunchFailed"), "Progressing").message())
        .contains("belongs to an earlier run of this name and is deleted with that run");
  }

  private static ConfigMapBuilder configMap() {
    return new ConfigMapBuilder().withNewMetadata().withName(NARROW).endMetadata();
  }

  @Test
  void aJobThatTheApiServerRefusesIsRetriedUntilItIsAccepted() {
    ResourceQuota quota = noJobs();
    cluster.create(UnaryOperator.identity());
    ProgressiveTrainingResource run = cluster.awaitReason("LaunchFailed");
    assertThat(RunningOperator.condition(run, "Progressing").message())
        .contains("exceeded quota: no-jobs");
    assertThat(run.getStatus().phase()).isEqualTo(Phase.PENDING);

    cluster.administrator().resource(quota).delete();
    cluster.awaitJob(NARROW);
  }

  /** The quota controller, which does not run here, would set the status. */
  private ResourceQuota noJobs() {
    Map<String, Quantity> none = Map.of("count/jobs.batch", Quantity.parse("0"));
    ResourceQuota quota =
        cluster
            .administrator()
            .resource(
                new ResourceQuotaBuilder()
                    .withNewMetadata()
                    .withName("no-jobs")
                    .withNamespace(cluster.namespace())
                    .endMetadata()
                    .withNewSpec()
                    .withHard(none)
                    .endSpec()
                    .build())
            .create();
    cluster
        .administrator()
        .resource(quota)
        .editStatus(
            now ->
                new ResourceQuotaBuilder(now)
                    .withNewStatus()
                    .withHard(none)
                    .withUsed(none)
                    .endStatus()
                    .build());
    return quota;
  }

  @Test
  void aJobThatFailedForAnUnknownReasonIsReplacedAndChargedOnce() {
    cluster.create(UnaryOperator.identity());
    Job job = cluster.awaitJob(NARROW);
    cluster.fail(job, 0, "DeadlineExceeded");
    cluster.awaitTerminatingAndRemove(NARROW);

    Job next = cluster.awaitOther(job);
    assertThat(next.getMetadata().getAnnotations()).containsEntry(Labels.ATTEMPTS, "1");
    assertThat(next.getSpec().getBackoffLimit()).isEqualTo(2);
    ProgressiveTrainingResource run =
        cluster.awaitRun(
            "one attempt", now -> now.getStatus().stages().getFirst().counts().attempts() == 1);
    assertThat(run.getStatus().phase()).isNotEqualTo(Phase.FAILED);
    cluster.awaitEvent("AttemptFailed");
  }

  @Test
  void aPodWithoutItsVolumeIsExplainedByAnEvent() {
    cluster.create(UnaryOperator.identity());
    Job job = cluster.awaitJob(NARROW);
    Pod pod = cluster.startPod(job, "aaaaa", TestObjects.waiting("ContainerCreating", null));
    cluster.setWaitingForVolumes(pod.getMetadata().getName());
    String now = Instant.now().toString();
    cluster
        .administrator()
        .resource(
            new EventBuilder(
                    TestObjects.warning(pod, "FailedMount", now, "configmap \"ca\" not found"))
                .editInvolvedObject()
                .withNamespace(cluster.namespace())
                .endInvolvedObject()
                .editMetadata()
                .withName("no-volume")
                .withNamespace(cluster.namespace())
                .endMetadata()
                .build())
        .create();
    assertThat(
            RunningOperator.condition(cluster.awaitReason("FailedMount"), "Progressing").message())
        .isEqualTo("configmap \"ca\" not found");
    cluster.awaitEvent("FailedMount");
  }

  @Test
  void aRunThatIsDeletedWithRetainIsGoneAtOnce() {
    cluster.create(UnaryOperator.identity());
    cluster.awaitJob(NARROW);
    cluster.run().delete();
    cluster.awaitGone();
    assertThat(cluster.job("demo-delete").get()).isNull();
  }

  @Test
  void aRunThatIsDeletedWithDeleteStopsItsWorkerAndDeletesItsObjects() {
    createWithDelete();
    cluster.startPod(cluster.awaitJob(NARROW), "aaaaa", TestObjects.running());
    cluster.awaitReason("Training");

    cluster.run().delete();
    ProgressiveTrainingResource run = cluster.awaitReason("Deleting");
    assertThat(RunningOperator.condition(run, "Progressing").message())
        .isEqualTo("waiting until job demo-narrow-train is gone");
    assertThat(cluster.job("demo-delete").get()).isNull();
    cluster.awaitTerminatingAndRemove(NARROW);

    Job deleter = cluster.awaitJob("demo-delete");
    assertThat(cluster.run().get()).isNotNull();
    cluster.startPod(deleter, "bbbbb", TestObjects.terminated(0, "Completed", ""));
    cluster.awaitGone();
  }

  @Test
  void aDeletionThatFailsSaysWhyAndRetainLetsTheRunGo() {
    createWithDelete();
    cluster.awaitRun("accepted", run -> run.getStatus().phase() == Phase.PENDING);
    cluster.run().delete();
    cluster.awaitTerminatingAndRemove(NARROW);
    Job deleter = cluster.awaitJob("demo-delete");
    String result = "{\"outcome\": \"failed\", \"message\": \"no such bucket\"}";
    cluster.startPod(deleter, "bbbbb", TestObjects.terminated(2, "Error", result));
    cluster.fail(deleter, 1, "PodFailurePolicy");
    assertThat(
            RunningOperator.condition(cluster.awaitReason("DeletionFailed"), "Progressing")
                .message())
        .startsWith("no such bucket; delete job demo-delete to try again, or set");

    cluster.patch("{\"spec\": {\"deletionPolicy\": \"Retain\"}}");
    cluster.awaitGone();
  }

  @Test
  void aDeletionWhoseJobIsSuspendedSaysSo() {
    createWithDelete();
    cluster.awaitRun("accepted", run -> run.getStatus().phase() == Phase.PENDING);
    cluster.run().delete();
    cluster.awaitTerminatingAndRemove(NARROW);
    cluster.awaitJob("demo-delete");
    cluster
        .job("demo-delete")
        .edit(job -> new JobBuilder(job).editSpec().withSuspend(true).endSpec().build());
    assertThat(
            RunningOperator.condition(cluster.awaitReason("DeletionHeldUp"), "Progressing")
                .message())
        .startsWith("Suspended: job demo-delete is suspended; if Kueue");
  }

  @Test
  void aDeletionWhoseJobIsRefusedSaysSoAndIsRetried() {
    createWithDelete();
    cluster.awaitJob(NARROW);
    ResourceQuota quota = noJobs();
    cluster.run().delete();
    cluster.awaitTerminatingAndRemove(NARROW);
    assertThat(
            RunningOperator.condition(cluster.awaitReason("DeletionFailed"), "Progressing")
                .message())
        .contains("exceeded quota: no-jobs", "set spec.deletionPolicy to Retain");

    cluster.administrator().resource(quota).delete();
    cluster.awaitJob("demo-delete");
  }

  @Test
  void aTerminatingNamespaceLetsItsRunsGoWithoutAJob() {
    createWithDelete();
    cluster.awaitJob(NARROW);
    cluster.administrator().namespaces().withName(cluster.namespace()).delete();
    // The namespace controller, which does not run here, deletes what is in it.
    cluster.run().delete();
    cluster.awaitTerminatingAndRemove(NARROW);
    cluster.awaitGone();
  }

  private void createWithDelete() {
    cluster.create(yaml -> yaml.replace("storage:", "deletionPolicy: Delete\n  storage:"));
  }
}
