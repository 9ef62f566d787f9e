package dev.sparkling.operator.reconcile;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sparkling.operator.api.ProgressiveTrainingResource;
import dev.sparkling.operator.observe.WorkerJob;
import dev.sparkling.operator.workload.Check;
import dev.sparkling.operator.workload.WorkerJobs;
import dev.sparkling.pipeline.job.Work;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.DeleteOptions;
import io.fabric8.kubernetes.api.model.DeleteOptionsBuilder;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.api.model.StatusDetails;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import java.net.HttpURLConnection;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Creates and deletes the jobs of runs; both are idempotent. */
final class Workers {

  private static final PatchContext APPLY =
      new PatchContext.Builder()
          .withPatchType(PatchType.SERVER_SIDE_APPLY)
          .withFieldManager("sparkling-operator")
          .withForce(true)
          .build();

  private static final ResourceDefinitionContext KIND =
      ResourceDefinitionContext.fromResourceType(ProgressiveTrainingResource.class);

  private final KubernetesClient client;
  private final WorkerJobs jobs;

  Workers(KubernetesClient client, WorkerJobs jobs) {
    this.client = client;
    this.jobs = jobs;
  }

  /**
   * Creates a job and, before it, the config map with its document.
   *
   * @param attempts number of failed attempts of the jobs that it replaces
   * @return false if nothing was created because the run has been edited or deleted since it was
   *     read
   * @throws LaunchFailure if the API server rejects it, or the name is taken
   */
  boolean launch(ProgressiveTrainingResource run, String stage, Work work, int attempts) {
    return launch(run, stage, work, () -> jobs.job(run, stage, work, attempts));
  }

  /** Creates the job of a check, with the same results as {@link #launch}. */
  boolean check(ProgressiveTrainingResource run, String stage, Check check) {
    return launch(run, stage, Work.CHECK, () -> jobs.check(run, stage, check));
  }

  private boolean launch(
      ProgressiveTrainingResource run, String stage, Work work, Supplier<Job> job) {
    try {
      Optional<JsonNode> spec = storedSpec(run);
      spec.ifPresent(
          asWritten -> create(run, jobs.document(run, stage, work, asWritten), job.get()));
      return spec.isPresent();
    } catch (KubernetesClientException e) {
      throw new LaunchFailure(String.valueOf(e.getMessage()), e);
    }
  }

  /** Reads the spec as the user wrote it, without defaults; empty if it has changed. */
  private Optional<JsonNode> storedSpec(ProgressiveTrainingResource run) {
    ObjectMeta known = run.getMetadata();
    GenericKubernetesResource stored =
        client
            .genericKubernetesResources(KIND)
            .inNamespace(known.getNamespace())
            .withName(known.getName())
            .get();
    return Optional.ofNullable(stored)
        .filter(found -> found.getMetadata().getUid().equals(known.getUid()))
        .filter(found -> found.getMetadata().getGeneration().equals(known.getGeneration()))
        .map(found -> found.getAdditionalProperties().get("spec"))
        .map(spec -> client.getKubernetesSerialization().convertValue(spec, JsonNode.class));
  }

  private void create(ProgressiveTrainingResource run, ConfigMap document, Job job) {
    checkOwner(run, document);
    client.resource(document).patch(APPLY);
    try {
      client.resource(job).create();
    } catch (KubernetesClientException e) {
      if (e.getCode() != HttpURLConnection.HTTP_CONFLICT) {
        throw e;
      }
      checkOwner(run, job);
    }
  }

  /**
   * Deletes a job in the foreground: its pods are asked to stop, and the job is removed after them.
   * Another job that has taken its name is not deleted.
   */
  void stop(WorkerJob worker) {
    if (!worker.isTerminating()) {
      delete(worker, "Foreground");
    }
  }

  /** Deletes a job without waiting for its pods, also if it is terminating. */
  void abandon(WorkerJob worker) {
    delete(worker, "Background");
  }

  private void delete(WorkerJob worker, String propagation) {
    ObjectMeta job = worker.job().getMetadata();
    DeleteOptions options =
        new DeleteOptionsBuilder()
            .withPropagationPolicy(propagation)
            .withNewPreconditions()
            .withUid(job.getUid())
            .endPreconditions()
            .build();
    try {
      // Not through the client's job operations, which have no precondition of the uid.
      client.raw(
          "/apis/batch/v1/namespaces/%s/jobs/%s".formatted(job.getNamespace(), job.getName()),
          "DELETE",
          options);
    } catch (KubernetesClientException e) {
      if (e.getCode() != HttpURLConnection.HTTP_NOT_FOUND
          && e.getCode() != HttpURLConnection.HTTP_CONFLICT) {
        throw e;
      }
    }
  }

  /**
   * Checks that an existing object belongs to the run. Object names of different runs may collide:
   * run {@code a} with stage {@code b-c} and run {@code a-b} with stage {@code c} both give {@code
   * a-b-c}.
   */
  private void checkOwner(ProgressiveTrainingResource run, HasMetadata wanted) {
    HasMetadata existing = client.resource(wanted).get();
    List<OwnerReference> owners =
        existing == null ? List.of() : existing.getMetadata().getOwnerReferences();
    if (existing == null
        || owners.stream().anyMatch(o -> o.getUid().equals(run.getMetadata().getUid()))) {
      return;
    }
    boolean former =
        owners.stream()
            .anyMatch(
                o ->
                    o.getKind().equals(run.getKind())
                        && o.getName().equals(run.getMetadata().getName()));
    throw new LaunchFailure(
        wanted.getFullResourceName()
            + " "
            + wanted.getMetadata().getName()
            + (former
                ? ": belongs to an earlier run of this name and is deleted with that run"
                : ": exists and belongs to something else; rename the run or the stage"),
        null);
  }

  /** Thrown if a job could not be created. */
  static final class LaunchFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    LaunchFailure(String message, @Nullable KubernetesClientException cause) {
      super(message, cause);
    }

    /** Whether the namespace is being deleted and accepts no new objects. */
    boolean isNamespaceTerminating() {
      return getCause() instanceof KubernetesClientException refusal
          && Optional.ofNullable(refusal.getStatus()).map(Status::getDetails).stream()
              .map(StatusDetails::getCauses)
              .flatMap(List::stream)
              .anyMatch(cause -> "NamespaceTerminating".equals(cause.getReason()));
    }
  }
}
