package dev.sparkling.operator.reconcile;

import dev.sparkling.operator.api.ProgressiveTrainingResource;
import dev.sparkling.operator.observe.WorkerJob;
import dev.sparkling.operator.workload.WorkerJobs;
import dev.sparkling.pipeline.job.Work;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.DeletionPropagation;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.net.HttpURLConnection;

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

  /** Creates a job that is complete at creation; its document first. */
  void launch(ProgressiveTrainingResource run, String stage, Work work) {
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
    boolean ours =
        there == null
            || there.getMetadata().getOwnerReferences().stream()
                .anyMatch(owner -> owner.getUid().equals(run.getMetadata().getUid()));
    if (!ours) {
      throw new NameTaken(
          wanted.getFullResourceName()
              + " "
              + wanted.getMetadata().getName()
              + ": exists and belongs to something else; rename the run or the stage");
    }
  }

  /** A name that the run needs is in use. */
  static final class NameTaken extends RuntimeException {
    private static final long serialVersionUID = 1L;

    NameTaken(String message) {
      super(message);
    }
  }
}
