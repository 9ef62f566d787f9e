package dev.sparkling.operator.workload;

import dev.sparkling.operator.api.PodPatch;
import dev.sparkling.pipeline.job.Work;
import dev.sparkling.pipeline.json.JsonNames;
import dev.sparkling.pipeline.spec.ProgressiveTrainingSpec;
import dev.sparkling.pipeline.spec.StorageSpec;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.EnvVarBuilder;
import io.fabric8.kubernetes.api.model.LocalObjectReference;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.PodTemplateSpecBuilder;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeBuilder;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.VolumeMountBuilder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Builds a job's pod, which conforms to the restricted Pod Security Standard and has no service
 * account token.
 *
 * @param owner owner of the run's data: CLUSTER/NAMESPACE/NAME of the resource
 * @param document name of the config map with the job document
 */
record WorkerPod(
    WorkerSettings settings,
    ProgressiveTrainingSpec spec,
    Work work,
    ResourceRequirements resources,
    String owner,
    String document,
    PodPatch patch) {

  /** Time between the end of the worker's own grace period and that of the pod. */
  private static final long GRACE_MARGIN_SECONDS = 10;

  private static final long USER = 10001;
  private static final String DOCUMENT_FOLDER = "/etc/sparkling";
  static final String DOCUMENT_PATH = DOCUMENT_FOLDER + "/" + WorkerJobs.DOCUMENT;
  private static final String AUTHORITY_FOLDER = "/etc/sparkling-ca";
  private static final String CACHE_FOLDER = "/var/cache/sparkling";
  static final String RESULT = "/dev/termination-log";
  private static final String ACCESS_KEY = "AWS_ACCESS_KEY_ID";
  private static final String SECRET_KEY = "AWS_SECRET_ACCESS_KEY";

  /** Environment variables with credentials. */
  static final Set<String> CREDENTIALS = Set.of(ACCESS_KEY, SECRET_KEY);

  PodTemplateSpec template(Map<String, String> labels) {
    Map<String, String> allLabels = new LinkedHashMap<>(patch.labels());
    allLabels.putAll(labels);
    return new PodTemplateSpecBuilder()
        .withNewMetadata()
        .withLabels(allLabels)
        .withAnnotations(patch.annotations().isEmpty() ? null : patch.annotations())
        .endMetadata()
        .withNewSpec()
        .withRestartPolicy("Never")
        .withAutomountServiceAccountToken(false)
        .withEnableServiceLinks(false)
        .withTerminationGracePeriodSeconds(graceSeconds())
        .withNewSecurityContext()
        .withRunAsNonRoot(true)
        .withRunAsUser(USER)
        .withRunAsGroup(USER)
        .withFsGroup(USER)
        .withNewSeccompProfile()
        .withType("RuntimeDefault")
        .endSeccompProfile()
        .endSecurityContext()
        .withContainers(container())
        .withVolumes(volumes())
        .withImagePullSecrets(pullSecrets())
        .withNodeSelector(patch.nodeSelector().isEmpty() ? null : patch.nodeSelector())
        .withTolerations(patch.tolerations())
        .withAffinity(patch.affinity())
        .withRuntimeClassName(patch.runtimeClassName())
        .withPriorityClassName(patch.priorityClassName())
        .endSpec()
        .build();
  }

  private Container container() {
    ContainerBuilder container =
        new ContainerBuilder()
            .withName(WorkerJobs.CONTAINER)
            .withImage(image())
            .withImagePullPolicy(settings.imagePullPolicy())
            .withArgs(arguments())
            .withEnv(environment())
            .withResources(resources)
            .withVolumeMounts(mounts())
            .withTerminationMessagePath(RESULT)
            .withTerminationMessagePolicy("FallbackToLogsOnError")
            .withNewSecurityContext()
            .withAllowPrivilegeEscalation(false)
            .withReadOnlyRootFilesystem(true)
            .withNewCapabilities()
            .withDrop("ALL")
            .endCapabilities()
            .endSecurityContext();
    if (work == Work.TRAIN) {
      container
          .addNewPort()
          .withName("metrics")
          .withContainerPort(WorkerJobs.PROGRESS_PORT)
          .endPort();
    }
    return container.build();
  }

  private String image() {
    String named = work == Work.TRAIN ? spec.trainer().image() : spec.expander().image();
    if (named != null) {
      return named;
    }
    return work == Work.TRAIN ? settings.trainerImage() : settings.expanderImage();
  }

  private long graceSeconds() {
    return work == Work.TRAIN
        ? spec.trainer().terminationGracePeriodSeconds()
        : spec.expander().terminationGracePeriodSeconds();
  }

  private List<String> arguments() {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                JsonNames.of(work),
                "--job",
                DOCUMENT_PATH,
                "--result",
                RESULT,
                "--grace",
                Long.toString(graceSeconds() - GRACE_MARGIN_SECONDS)));
    if (work == Work.TRAIN) {
      arguments.add("--progress-port");
      arguments.add(Integer.toString(WorkerJobs.PROGRESS_PORT));
      // Set explicitly: a requested GPU that the trainer does not find is an error, and a GPU that
      // another pod has requested must not be used.
      arguments.add("--device");
      arguments.add(WorkerResources.hasGpu(resources) ? "cuda" : "cpu");
    }
    return arguments;
  }

  private List<EnvVar> environment() {
    List<EnvVar> environment = new ArrayList<>();
    StorageSpec storage = spec.storage();
    if (storage.endpoint() != null) {
      environment.add(value("AWS_ENDPOINT_URL", storage.endpoint()));
    }
    if (storage.credentialsSecret() != null) {
      environment.add(secret(ACCESS_KEY, storage.credentialsSecret(), "accessKey"));
      environment.add(secret(SECRET_KEY, storage.credentialsSecret(), "secretKey"));
    }
    if (storage.caConfigMap() != null) {
      environment.add(value("AWS_CA_BUNDLE", AUTHORITY_FOLDER + "/ca.crt"));
    }
    // Not in the job document, because workers of older versions reject unknown keys.
    environment.add(value("SPARKLING_OWNER", owner));
    environment.add(value("XDG_CACHE_HOME", CACHE_FOLDER));
    environment.addAll(patch.env());
    return environment;
  }

  private List<Volume> volumes() {
    List<Volume> volumes = new ArrayList<>();
    volumes.add(
        new VolumeBuilder()
            .withName("job")
            .withNewConfigMap()
            .withName(document)
            .endConfigMap()
            .build());
    if (spec.storage().caConfigMap() != null) {
      volumes.add(
          new VolumeBuilder()
              .withName("ca")
              .withNewConfigMap()
              .withName(spec.storage().caConfigMap())
              .endConfigMap()
              .build());
    }
    volumes.add(emptyFolder("cache"));
    volumes.add(emptyFolder("tmp"));
    volumes.addAll(patch.volumes());
    return volumes;
  }

  private List<VolumeMount> mounts() {
    List<VolumeMount> mounts = new ArrayList<>();
    mounts.add(mount("job", DOCUMENT_FOLDER, true));
    if (spec.storage().caConfigMap() != null) {
      mounts.add(mount("ca", AUTHORITY_FOLDER, true));
    }
    mounts.add(mount("cache", CACHE_FOLDER, false));
    mounts.add(mount("tmp", "/tmp", false));
    mounts.addAll(patch.volumeMounts());
    return mounts;
  }

  private List<LocalObjectReference> pullSecrets() {
    List<LocalObjectReference> secrets = new ArrayList<>();
    settings.imagePullSecrets().forEach(name -> secrets.add(new LocalObjectReference(name)));
    secrets.addAll(patch.imagePullSecrets());
    return secrets;
  }

  private static EnvVar value(String name, String value) {
    return new EnvVarBuilder().withName(name).withValue(value).build();
  }

  private static EnvVar secret(String name, String secret, String key) {
    return new EnvVarBuilder()
        .withName(name)
        .withNewValueFrom()
        .withNewSecretKeyRef(key, secret, false)
        .endValueFrom()
        .build();
  }

  private static Volume emptyFolder(String name) {
    return new VolumeBuilder().withName(name).withNewEmptyDir().endEmptyDir().build();
  }

  private static VolumeMount mount(String name, String path, boolean readOnly) {
    return new VolumeMountBuilder()
        .withName(name)
        .withMountPath(path)
        .withReadOnly(readOnly ? true : null)
        .build();
  }
}
