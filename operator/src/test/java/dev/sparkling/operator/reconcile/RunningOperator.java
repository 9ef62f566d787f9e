package dev.sparkling.operator.reconcile;

import static org.awaitility.Awaitility.await;

import dev.sparkling.operator.OperatorSettings;
import dev.sparkling.operator.TestObjects;
import dev.sparkling.operator.api.ProgressiveTrainingResource;
import dev.sparkling.operator.server.ApiServer;
import dev.sparkling.pipeline.status.Condition;
import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodConditionBuilder;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.JobStatus;
import io.fabric8.kubernetes.api.model.batch.v1.JobStatusBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.http.BasicBuilder;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.Interceptor;
import io.javaoperatorsdk.operator.Operator;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/**
 * The operator on a real API server, with its permissions from the chart, in its own namespace.
 * There are no controllers and no nodes: tests play their part with the methods here.
 */
final class RunningOperator implements AutoCloseable {

  /** Far below the interval at which every run is reconciled anyway, a minute. */
  static final Duration PATIENCE = Duration.ofSeconds(20);

  private static final String RUN = "demo";

  private final ApiServer server = ApiServer.shared();
  private final KubernetesClient administrator = server.administrator();
  private final String namespace = server.namespace();
  private final AtomicReference<Runnable> beforeStatusPatch = new AtomicReference<>();
  private final KubernetesClient client;
  private final Operator operator;

  RunningOperator() {
    client =
        new KubernetesClientBuilder()
            .withConfig(server.operator())
            .withHttpClientBuilderConsumer(
                builder -> builder.addOrReplaceInterceptor("status", new StatusInterceptor()))
            .build();
    operator =
        new Operator(
            configuration ->
                configuration.withKubernetesClient(client).withCloseClientOnStop(false));
    operator.register(
        new RunReconciler(settings(), client, new SimpleMeterRegistry()),
        controller -> controller.settingNamespace(namespace));
    operator.start();
  }

  /** Does something between a pass and its status patch, once. */
  void beforeNextStatusPatch(Runnable action) {
    beforeStatusPatch.set(action);
  }

  private final class StatusInterceptor implements Interceptor {
    @Override
    public void before(BasicBuilder builder, HttpRequest request, RequestTags tags) {
      if (request.method().equals("PATCH")
          && request.uri().getPath().endsWith("/" + RUN + "/status")) {
        Optional.ofNullable(beforeStatusPatch.getAndSet(null)).ifPresent(Runnable::run);
      }
    }
  }

  /** Creates the run of {@link TestObjects}. */
  void create(UnaryOperator<String> edit) {
    GenericKubernetesResource run = TestObjects.written(edit);
    run.getMetadata().setNamespace(namespace);
    administrator.resource(run).create();
  }

  Resource<ProgressiveTrainingResource> run() {
    return administrator
        .resources(ProgressiveTrainingResource.class)
        .inNamespace(namespace)
        .withName(RUN);
  }

  /** Applies a JSON merge patch to the run. */
  void patch(String json) {
    run().patch(PatchContext.of(PatchType.JSON_MERGE), json);
  }

  /** Sets the phase Succeeded, as another operator would. */
  void succeed() {
    run()
        .subresource("status")
        .patch(PatchContext.of(PatchType.JSON_MERGE), "{\"status\": {\"phase\": \"Succeeded\"}}");
  }

  KubernetesClient administrator() {
    return administrator;
  }

  String namespace() {
    return namespace;
  }

  Resource<Job> job(String name) {
    return (Resource<Job>) administrator.batch().v1().jobs().inNamespace(namespace).withName(name);
  }

  Job awaitJob(String name) {
    return await("job " + name)
        .atMost(PATIENCE)
        .until(() -> job(name).get(), found -> found != null);
  }

  /** Waits for the job that replaces another of the same name. */
  Job awaitOther(Job job) {
    String name = job.getMetadata().getName();
    return await("another job")
        .atMost(PATIENCE)
        .until(
            () -> job(name).get(),
            now -> now != null && !now.getMetadata().getUid().equals(job.getMetadata().getUid()));
  }

  ProgressiveTrainingResource awaitRun(
      String what, Predicate<ProgressiveTrainingResource> condition) {
    AtomicReference<ProgressiveTrainingResource> seen = new AtomicReference<>();
    await(what)
        .atMost(PATIENCE)
        .until(
            () -> {
              ProgressiveTrainingResource now = run().get();
              seen.set(now);
              return now != null && now.getStatus() != null && condition.test(now);
            });
    return Objects.requireNonNull(seen.get());
  }

  /** Waits for the reason of the condition Progressing. */
  ProgressiveTrainingResource awaitReason(String reason) {
    return awaitRun(
        "reason " + reason, run -> condition(run, "Progressing").reason().equals(reason));
  }

  static Condition condition(ProgressiveTrainingResource run, String type) {
    return run.getStatus().conditions().stream()
        .filter(condition -> condition.type().equals(type))
        .findFirst()
        .orElse(new Condition(type, "", "", "", "", 0));
  }

  void awaitGone() {
    await("the run is gone").atMost(PATIENCE).until(() -> run().get() == null);
  }

  void awaitEvent(String reason) {
    await("event " + reason)
        .atMost(PATIENCE)
        .until(
            () ->
                administrator.v1().events().inNamespace(namespace).list().getItems().stream()
                    .map(Event::getReason)
                    .anyMatch(reason::equals));
  }

  // The job controller, the kubelet and the garbage collector

  /** Creates a job's pod with a container in a state. */
  Pod startPod(Job job, String suffix, ContainerState state) {
    Pod pod =
        administrator
            .resource(
                new PodBuilder()
                    .withNewMetadata()
                    .withName(job.getMetadata().getName() + "-" + suffix)
                    .withNamespace(namespace)
                    .withLabels(job.getSpec().getTemplate().getMetadata().getLabels())
                    .addNewOwnerReference()
                    .withApiVersion("batch/v1")
                    .withKind("Job")
                    .withName(job.getMetadata().getName())
                    .withUid(job.getMetadata().getUid())
                    .withController(true)
                    .endOwnerReference()
                    .endMetadata()
                    .withSpec(job.getSpec().getTemplate().getSpec())
                    .build())
            .create();
    setPod(pod.getMetadata().getName(), state);
    return pod;
  }

  void setPod(String name, ContainerState state) {
    administrator
        .pods()
        .inNamespace(namespace)
        .withName(name)
        .editStatus(
            pod ->
                new PodBuilder(pod)
                    .withStatus(
                        new PodStatusBuilder()
                            .withPhase(state.getTerminated() == null ? "Running" : "Failed")
                            .withConditions(
                                condition("PodScheduled"), condition("PodReadyToStartContainers"))
                            .addNewContainerStatus()
                            .withName("worker")
                            .withImage("trainer")
                            .withImageID("")
                            .withReady(false)
                            .withRestartCount(0)
                            .withState(state)
                            .endContainerStatus()
                            .build())
                    .build());
  }

  private static PodCondition condition(String type) {
    return new PodConditionBuilder()
        .withType(type)
        .withStatus("True")
        .withLastTransitionTime(TestObjects.START)
        .build();
  }

  /** The pod is on a node, where its volumes cannot be mounted. */
  void setWaitingForVolumes(String name) {
    administrator
        .pods()
        .inNamespace(namespace)
        .withName(name)
        .editStatus(
            pod ->
                new PodBuilder(pod)
                    .editStatus()
                    .withPhase("Pending")
                    .withConditions(condition("PodScheduled"))
                    .endStatus()
                    .build());
  }

  void deletePod(String name) {
    administrator.pods().inNamespace(namespace).withName(name).withGracePeriod(0).delete();
  }

  void setStatus(Job job, JobStatus status) {
    job(job.getMetadata().getName())
        .editStatus(now -> new JobBuilder(now).withStatus(status).build());
  }

  /** Fails a job, as the job controller does once its pods have ended. */
  void fail(Job job, int failed, String reason) {
    String now = Instant.now().toString();
    setStatus(
        job,
        new JobStatusBuilder()
            .withStartTime(now)
            .withFailed(failed)
            .addNewCondition()
            .withType("FailureTarget")
            .withStatus("True")
            .withReason(reason)
            .withMessage("Job has failed")
            .withLastTransitionTime(now)
            .endCondition()
            .addNewCondition()
            .withType("Failed")
            .withStatus("True")
            .withReason(reason)
            .withMessage("Job has failed")
            .withLastTransitionTime(now)
            .endCondition()
            .build());
  }

  /** Removes a terminating job, as the garbage collector does once its pods are gone. */
  void awaitTerminatingAndRemove(String name) {
    await("job " + name + " is terminating")
        .atMost(PATIENCE)
        .until(
            () ->
                Optional.ofNullable(job(name).get())
                    .map(found -> found.getMetadata().getDeletionTimestamp())
                    .isPresent());
    for (Pod pod : pods(name)) {
      deletePod(pod.getMetadata().getName());
    }
    job(name)
        .edit(
            found ->
                new JobBuilder(found)
                    .editMetadata()
                    .withFinalizers(List.of())
                    .endMetadata()
                    .build());
  }

  private List<Pod> pods(String job) {
    return administrator.pods().inNamespace(namespace).list().getItems().stream()
        .filter(pod -> pod.getMetadata().getOwnerReferences().getFirst().getName().equals(job))
        .toList();
  }

  @Override
  public void close() {
    operator.stop();
    client.close();
  }

  private static OperatorSettings settings() {
    return new OperatorSettings() {
      @Override
      public String trainerImage() {
        return "trainer";
      }

      @Override
      public String expanderImage() {
        return "expander";
      }

      @Override
      public String imagePullPolicy() {
        return "IfNotPresent";
      }

      @Override
      public Optional<List<String>> imagePullSecrets() {
        return Optional.empty();
      }

      @Override
      public Optional<String> clusterId() {
        return Optional.empty();
      }

      @Override
      public boolean defaultGpu() {
        return false;
      }

      @Override
      public int ttlSecondsAfterFinished() {
        return 600;
      }

      @Override
      public Duration progressInterval() {
        return Duration.ofSeconds(1);
      }

      @Override
      public LeaderElection leaderElection() {
        return () -> false;
      }
    };
  }
}
