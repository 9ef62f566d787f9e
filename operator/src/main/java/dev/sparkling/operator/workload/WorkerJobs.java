package dev.sparkling.operator.workload;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sparkling.operator.api.PodPatch;
import dev.sparkling.operator.api.ProgressiveTrainingResource;
import dev.sparkling.pipeline.error.ErrorClass;
import dev.sparkling.pipeline.job.JobDocument;
import dev.sparkling.pipeline.job.JobJson;
import dev.sparkling.pipeline.job.Outcome;
import dev.sparkling.pipeline.job.Work;
import dev.sparkling.pipeline.spec.ProgressiveTrainingSpec;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.PodFailurePolicy;
import io.fabric8.kubernetes.api.model.batch.v1.PodFailurePolicyBuilder;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** Builds a run's jobs. A job is never changed after its creation, except by Kueue. */
public final class WorkerJobs {

  /** Port on which a trainer serves its progress and metrics. */
  public static final int PROGRESS_PORT = 9400;

  /** Name of the worker's container; a cluster may add others to the pod. */
  public static final String CONTAINER = "worker";

  /** Key of the document in its config map, and its file name in the pod. */
  static final String DOCUMENT = "job.json";

  private static final ObjectMapper JSON = new ObjectMapper();

  /** Number of failures of a check after which the worker is tried instead. */
  private static final int CHECK_RETRIES = 3;

  /** Exit codes of failures that are not retried. */
  private static final Integer[] FINAL_EXIT_CODES =
      Stream.of(ErrorClass.values())
          .filter(errorClass -> !errorClass.retried())
          .map(ErrorClass::exitCode)
          .sorted()
          .toArray(Integer[]::new);

  private final WorkerSettings settings;
  private final Supplier<String> cluster;

  /**
   * Creates a builder.
   *
   * @param cluster identity of the cluster, for the owner of runs in object stores
   */
  public WorkerJobs(WorkerSettings settings, Supplier<String> cluster) {
    this.settings = settings;
    this.cluster = cluster;
  }

  /**
   * Builds the config map with the job document, which the job's pod mounts.
   *
   * @param spec spec as the user wrote it; the worker fills in missing fields from the settings
   *     that the run was started with
   */
  public ConfigMap document(
      ProgressiveTrainingResource run, String stage, Work work, JsonNode spec) {
    JobDocument document =
        new JobDocument(
            JobDocument.VERSION, work, run.getMetadata().getName(), stage, run.getSpec());
    return new ConfigMapBuilder()
        .withMetadata(metadata(run, stage, work, Map.of(), "", ""))
        .withData(Map.of(DOCUMENT, JobJson.encode(document, spec)))
        .build();
  }

  /**
   * Builds a job. Its config map must be created first.
   *
   * @param attempts number of failed attempts of the jobs that it replaces
   */
  public Job job(ProgressiveTrainingResource run, String stage, Work work, int attempts) {
    return job(
        metadata(
            run,
            stage,
            work,
            Labels.queueing(run, work),
            Labels.ATTEMPTS,
            attempts == 0 ? "" : Integer.toString(attempts)),
        Math.max(0, run.getSpec().retries() - attempts),
        pod(run, stage, work, work).template(Labels.of(run, stage, work)));
  }

  /** Builds the job of a check. Its config map must be created first. */
  public Job check(ProgressiveTrainingResource run, String stage, Check check) {
    return job(
        metadata(run, stage, Work.CHECK, Map.of(), Labels.HOLD, check.hold().since()),
        CHECK_RETRIES,
        new CheckPod(pod(run, stage, check.work(), Work.CHECK), check)
            .template(Labels.of(run, stage, Work.CHECK)));
  }

  private Job job(ObjectMeta metadata, int backoffLimit, PodTemplateSpec pod) {
    return new JobBuilder()
        .withMetadata(metadata)
        .withNewSpec()
        .withParallelism(1)
        .withCompletions(1)
        .withBackoffLimit(backoffLimit)
        // The run's status keeps the results of deleted jobs.
        .withTtlSecondsAfterFinished(settings.ttlSecondsAfterFinished())
        // At most one pod writes at a time: the next one is created once the last one has ended.
        .withPodReplacementPolicy("Failed")
        .withPodFailurePolicy(failurePolicy())
        .withTemplate(pod)
        .endSpec()
        .build();
  }

  /**
   * Returns a worker's pod.
   *
   * @param document work of the job whose config map the pod mounts
   */
  private WorkerPod pod(ProgressiveTrainingResource run, String stage, Work work, Work document) {
    return new WorkerPod(
        settings,
        run.getSpec(),
        work,
        resources(run, stage, work),
        dataOwner(run),
        Names.of(name(run), stage, document),
        patch(run.getSpec(), work));
  }

  private ResourceRequirements resources(ProgressiveTrainingResource run, String stage, Work work) {
    return work == Work.TRAIN
        ? WorkerResources.ofTrainer(
            run.getSpec(), stage, Labels.isQueued(run), settings.defaultGpu())
        : WorkerResources.ofExpander(run.getSpec());
  }

  /** Returns the owner of the run's data, which stays the same if the resource is re-created. */
  private String dataOwner(ProgressiveTrainingResource run) {
    ObjectMeta metadata = run.getMetadata();
    return String.join("/", cluster.get(), metadata.getNamespace(), metadata.getName());
  }

  /** Reads {@code podPatch}, which the API server has validated. */
  static PodPatch patch(ProgressiveTrainingSpec spec, Work work) {
    Map<String, Object> patch =
        work == Work.TRAIN ? spec.trainer().podPatch() : spec.expander().podPatch();
    return JSON.convertValue(patch, PodPatch.class);
  }

  private static PodFailurePolicy failurePolicy() {
    return new PodFailurePolicyBuilder()
        .addNewRule()
        .withAction("Ignore")
        .addNewOnPodCondition()
        .withType("DisruptionTarget")
        .withStatus("True")
        .endOnPodCondition()
        .endRule()
        .addNewRule()
        .withAction("FailJob")
        .withNewOnExitCodes()
        .withContainerName(CONTAINER)
        .withOperator("In")
        .withValues(FINAL_EXIT_CODES)
        .endOnExitCodes()
        .endRule()
        .addNewRule()
        .withAction("Ignore")
        .withNewOnExitCodes()
        .withContainerName(CONTAINER)
        .withOperator("In")
        .withValues(Outcome.STOPPED_EXIT_CODE)
        .endOnExitCodes()
        .endRule()
        .build();
  }

  /**
   * Returns the metadata of a job or its config map.
   *
   * @param value value of the annotation, which is left out if it is empty
   */
  private static ObjectMeta metadata(
      ProgressiveTrainingResource run,
      String stage,
      Work work,
      Map<String, String> moreLabels,
      String annotation,
      String value) {
    Map<String, String> labels = new LinkedHashMap<>(Labels.of(run, stage, work));
    labels.putAll(moreLabels);
    return new ObjectMetaBuilder()
        .withName(Names.of(name(run), stage, work))
        .withNamespace(run.getMetadata().getNamespace())
        .withLabels(labels)
        .withAnnotations(value.isEmpty() ? null : Map.of(annotation, value))
        .withOwnerReferences(owner(run))
        .build();
  }

  private static OwnerReference owner(ProgressiveTrainingResource run) {
    return new OwnerReferenceBuilder()
        .withApiVersion(run.getApiVersion())
        .withKind(run.getKind())
        .withName(name(run))
        .withUid(run.getMetadata().getUid())
        .withController(true)
        .withBlockOwnerDeletion(true)
        .build();
  }

  private static String name(ProgressiveTrainingResource run) {
    return run.getMetadata().getName();
  }
}
