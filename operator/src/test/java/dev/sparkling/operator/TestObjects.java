package dev.sparkling.operator;

import dev.sparkling.operator.api.ProgressiveTrainingResource;
import dev.sparkling.operator.workload.Check;
import dev.sparkling.operator.workload.WorkerJobs;
import dev.sparkling.operator.workload.WorkerSettings;
import dev.sparkling.pipeline.job.Work;
import dev.sparkling.pipeline.spec.ProgressiveTrainingSpec;
import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStateBuilder;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A run with two stages of 100 steps, and its jobs and pods. */
public final class TestObjects {

  public static final String START = "2026-01-01T00:00:00Z";
  public static final String END = "2026-01-01T01:00:00Z";

  private static final String YAML =
      """
      apiVersion: sparkling.dev/v1alpha1
      kind: ProgressiveTraining
      metadata: {name: demo, namespace: research, uid: run-uid, generation: 1}
      spec:
        model: {architecture: dense, vocabularySize: 2048, layers: 2, hiddenSize: 32, innerSize: 32,
          attentionHeads: 2, keyValueHeads: 1, headDim: 16}
        data: {uri: s3://datasets/train, validationUri: s3://datasets/validation}
        training: {sequenceLength: 64, globalBatchSize: 8, learningRate: {peak: 4.0e-3}}
        stages:
          - {name: narrow, tokens: 51200}
          - {name: wide, tokens: 51200, expansion: {hiddenSize: 64, rewarmup: {steps: 20}}}
        storage: {uri: s3://sparkling/demo}
      """;

  private static final WorkerJobs JOBS =
      new WorkerJobs(
          new WorkerSettings("trainer", "expander", "IfNotPresent", List.of(), false, 60),
          () -> "cluster-1");

  private TestObjects() {}

  public static ProgressiveTrainingResource run() {
    return new KubernetesSerialization().unmarshal(YAML, ProgressiveTrainingResource.class);
  }

  /** The run as a user writes it, without defaults, with an edit of its YAML. */
  public static GenericKubernetesResource written(UnaryOperator<String> edit) {
    return new KubernetesSerialization()
        .unmarshal(edit.apply(YAML), GenericKubernetesResource.class);
  }

  /** The spec of a suspended run. */
  public static ProgressiveTrainingSpec suspended(ProgressiveTrainingSpec spec) {
    return new ProgressiveTrainingSpec(
        spec.model(),
        spec.data(),
        spec.training(),
        spec.stages(),
        spec.initialCheckpoint(),
        spec.trainer(),
        spec.expander(),
        spec.storage(),
        spec.retries(),
        true,
        spec.deletionPolicy());
  }

  /** A job that has just started. */
  public static Job job(String stage, Work work) {
    return started(JOBS.job(run(), stage, work, 0), stage + "-" + work);
  }

  /** A check that has just started. */
  public static Job check(String stage, Check check) {
    return started(JOBS.check(run(), stage, check), stage + "-check-" + check.hold().since());
  }

  private static Job started(Job job, String uid) {
    return new JobBuilder(job)
        .editMetadata()
        .withUid(uid)
        .endMetadata()
        .withNewStatus()
        .withStartTime(START)
        .endStatus()
        .build();
  }

  public static Job suspended(Job job) {
    return new JobBuilder(job).editSpec().withSuspend(true).endSpec().build();
  }

  /** A job that Kueue holds, since its start or later. */
  public static Job held(Job job, String since) {
    return new JobBuilder(suspended(job))
        .editMetadata()
        .withCreationTimestamp(START)
        .endMetadata()
        .withNewStatus()
        .addNewCondition()
        .withType("Suspended")
        .withStatus("True")
        .withLastTransitionTime(since)
        .endCondition()
        .endStatus()
        .build();
  }

  public static Job complete(Job job) {
    return new JobBuilder(job)
        .editStatus()
        .withCompletionTime(END)
        .addNewCondition()
        .withType("Complete")
        .withStatus("True")
        .endCondition()
        .endStatus()
        .build();
  }

  public static Job failed(Job job, int failures, String reason) {
    return failed(job, failures, reason, "Job has failed");
  }

  public static Job failed(Job job, int failures, String reason, String message) {
    return new JobBuilder(job)
        .editStatus()
        .withFailed(failures)
        .addNewCondition()
        .withType("Failed")
        .withStatus("True")
        .withReason(reason)
        .withMessage(message)
        .endCondition()
        .endStatus()
        .build();
  }

  public static Pod pod(Job job, String name, ContainerState state) {
    return new PodBuilder()
        .withNewMetadata()
        .withName(name)
        .withLabels(job.getMetadata().getLabels())
        .withCreationTimestamp(START)
        .addNewOwnerReference()
        .withUid(job.getMetadata().getUid())
        .endOwnerReference()
        .endMetadata()
        .withNewStatus()
        .withPodIP("10.0.0.1")
        .addNewContainerStatus()
        .withName("worker")
        .withState(state)
        .endContainerStatus()
        .endStatus()
        .build();
  }

  public static Pod unschedulable(Job job, String message) {
    return new PodBuilder(pod(job, "pod-1", new ContainerState()))
        .withNewStatus()
        .addNewCondition()
        .withType("PodScheduled")
        .withStatus("False")
        .withReason("Unschedulable")
        .withMessage(message)
        .endCondition()
        .endStatus()
        .build();
  }

  /** A pod on a node since {@link #START}, where its volumes and its network are being set up. */
  public static Pod creating(Job job) {
    return new PodBuilder(pod(job, "pod-1", waiting("ContainerCreating", null)))
        .editMetadata()
        .withUid("pod-1-uid")
        .endMetadata()
        .editStatus()
        .withPhase("Pending")
        .addNewCondition()
        .withType("PodScheduled")
        .withStatus("True")
        .withLastTransitionTime(START)
        .endCondition()
        .endStatus()
        .build();
  }

  /** A warning event about an object. */
  public static Event warning(HasMetadata object, String reason, String time, String message) {
    return new EventBuilder()
        .withNewMetadata()
        .withName(object.getMetadata().getName() + "." + time)
        .withCreationTimestamp(time)
        .endMetadata()
        .withNewInvolvedObject()
        .withUid(object.getMetadata().getUid())
        .endInvolvedObject()
        .withType("Warning")
        .withReason(reason)
        .withMessage(message)
        .withFirstTimestamp(time)
        .withLastTimestamp(time)
        .build();
  }

  public static ContainerState running() {
    return new ContainerStateBuilder().withNewRunning().withStartedAt(START).endRunning().build();
  }

  public static ContainerState waiting(String reason, @Nullable String message) {
    return new ContainerStateBuilder()
        .withNewWaiting()
        .withReason(reason)
        .withMessage(message)
        .endWaiting()
        .build();
  }

  public static ContainerState terminated(int exitCode, String reason, @Nullable String message) {
    return new ContainerStateBuilder()
        .withNewTerminated()
        .withFinishedAt(END)
        .withExitCode(exitCode)
        .withReason(reason)
        .withMessage(message)
        .endTerminated()
        .build();
  }
}
