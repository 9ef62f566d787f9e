package dev.sparkling.operator.reconcile;

import dev.sparkling.operator.api.ProgressiveTrainingResource;
import dev.sparkling.operator.observe.WorkerJob;
import dev.sparkling.operator.workload.WorkerJobs;
import dev.sparkling.pipeline.job.Work;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.DeletionPropagation;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.api.model.StatusDetails;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.net.HttpURLConnection;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Creates and deletes the jobs of runs. Doing either twice is harmless. */
final class Workers {

  private static final PatchContext APPLY =
      new PatchContext.Builder()
          .withPatchType(PatchType.SERVER_SIDE_APPLY)
          .withFieldManager("sparkling-operator")
          .withForce(true)
          .build();

  private final KubernetesClient client;
  private final WorkerJobs jobs;

  Workers(KubernetesClient client, WorkerJobs jobs) {
    this.client = client;
    this.jobs = jobs;
  }

  /**
   * Creates a job that is complete at creation; its document first.
   *
   * @throws LaunchFailure where the API server refuses, or the name is another's
   */
  void launch(ProgressiveTrainingResource run, String stage, Work work) {
    try {
      create(run, stage, work);
    } catch (KubernetesClientException e) {
      throw new LaunchFailure(String.valueOf(e.getMessage()), e);
    }
  }

  private void create(ProgressiveTrainingResource run, String stage, Work work) {
    ConfigMap document = jobs.document(run, stage, work);
    checkOwner(run, document);
    client.resource(document).patch(APPLY);
    Job job = jobs.job(run, stage, work);
    try {
      client.resource(job).create();
    } catch (KubernetesClientException e) {
      if (e.getCode() != HttpURLConnection.HTTP_CONFLICT) {
        throw e;
      }
      checkOwner(run, job);
    }
  }

  /** The pods are asked to stop first; the job is gone when they are. */
  void stop(WorkerJob worker) {
    if (!worker.isGoing()) {
      client.resource(worker.job()).withPropagationPolicy(DeletionPropagation.FOREGROUND).delete();
    }
  }

  /**
   * Another run's names may be the same: {@code a} and {@code b-c} make {@code a-b-c} as {@code
   * a-b} and {@code c} do. What the cache has not shown yet is fine, if it is ours.
   */
  private void checkOwner(ProgressiveTrainingResource run, HasMetadata wanted) {
    HasMetadata there = client.resource(wanted).get();
    List<OwnerReference> owners =
        there == null ? List.of() : there.getMetadata().getOwnerReferences();
    if (there == null
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
                ? ": belongs to a former run of this name; it goes with that run"
                : ": exists and belongs to something else; rename the run or the stage"),
        null);
  }

  /** A job could not be created. */
  static final class LaunchFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    LaunchFailure(String message, @Nullable KubernetesClientException cause) {
      super(message, cause);
    }

    /** A namespace that is being deleted takes no new objects. */
    boolean isOfGoingNamespace() {
      return getCause() instanceof KubernetesClientException refusal
          && Optional.ofNullable(refusal.getStatus()).map(Status::getDetails).stream()
              .map(StatusDetails::getCauses)
              .flatMap(List::stream)
              .anyMatch(cause -> "NamespaceTerminating".equals(cause.getReason()));
    }
  }
}
