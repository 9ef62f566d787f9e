package dev.sparkling.operator.workload;

import dev.sparkling.pipeline.job.Work;
import dev.sparkling.pipeline.json.JsonNames;
import dev.sparkling.pipeline.spec.StorageSpec;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.PodTemplateSpecBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.VolumeMountBuilder;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Builds the pod of a {@link Check}: the held worker's pod, so that it meets the same volumes and
 * nodes, with another command and few resources. It mounts the credentials instead of reading them
 * from the environment, so that it sees when they change.
 *
 * @param worker pod of the held worker
 */
record CheckPod(WorkerPod worker, Check check) {

  private static final long GRACE_SECONDS = 10;
  private static final String CREDENTIALS = "sparkling-credentials";
  private static final String CREDENTIALS_FOLDER = "/etc/sparkling-credentials";
  private static final Quantity CPU = new Quantity("20m");
  private static final Quantity MEMORY = new Quantity("192Mi");
  private static final Quantity MOST_CPU = new Quantity("1");
  private static final Quantity MOST_MEMORY = new Quantity("512Mi");

  /** Lets the cluster autoscaler remove the check's node, which may be one with GPUs. */
  private static final String EVICTABLE = "cluster-autoscaler.kubernetes.io/safe-to-evict";

  PodTemplateSpec template(Map<String, String> labels) {
    PodTemplateSpec template = worker.template(labels);
    PodTemplateSpecBuilder builder =
        new PodTemplateSpecBuilder(template)
            .editMetadata()
            .addToAnnotations(EVICTABLE, "true")
            .endMetadata()
            .editSpec()
            .withPriorityClassName(null)
            .withTerminationGracePeriodSeconds(GRACE_SECONDS)
            .withContainers(container(template.getSpec().getContainers().getFirst()))
            .endSpec();
    return hasCredentials()
        ? builder
            .editSpec()
            .addNewVolume()
            .withName(CREDENTIALS)
            .withNewSecret()
            .withSecretName(storage().credentialsSecret())
            .endSecret()
            .endVolume()
            .endSpec()
            .build()
        : builder.build();
  }

  private Container container(Container held) {
    ContainerBuilder container =
        new ContainerBuilder(held)
            .withArgs(arguments())
            .withPorts(List.of())
            .withNewResources()
            .addToRequests("cpu", CPU)
            .addToRequests("memory", MEMORY)
            .addToLimits("cpu", MOST_CPU)
            .addToLimits("memory", MOST_MEMORY)
            .endResources()
            .withEnv(held.getEnv().stream().filter(variable -> !isLeftOut(variable)).toList());
    if (!check.isOfImage()) {
      container.withImage(worker.settings().expanderImage());
    }
    if (hasCredentials()) {
      container.addToVolumeMounts(
          new VolumeMountBuilder()
              .withName(CREDENTIALS)
              .withMountPath(CREDENTIALS_FOLDER)
              .withReadOnly(true)
              .build());
    }
    return container.build();
  }

  private List<String> arguments() {
    return check.isOfImage()
        ? List.of("--version")
        : Stream.concat(
                Stream.of(
                    JsonNames.of(Work.CHECK),
                    "--job",
                    WorkerPod.DOCUMENT_PATH,
                    "--result",
                    WorkerPod.RESULT,
                    "--grace",
                    Long.toString(GRACE_SECONDS - 2),
                    "--wait"),
                hasCredentials() ? Stream.of("--credentials", CREDENTIALS_FOLDER) : Stream.empty())
            .toList();
  }

  /**
   * Whether the check mounts the credentials. It does not need them to pull an image, and a patch
   * may set others.
   */
  private boolean hasCredentials() {
    return storage().credentialsSecret() != null
        && !check.isOfImage()
        && worker.patch().env().stream()
            .noneMatch(variable -> WorkerPod.CREDENTIALS.contains(variable.getName()));
  }

  /** Whether a variable is left out: the check must start even if the Secret is missing. */
  private boolean isLeftOut(EnvVar variable) {
    return variable.getValueFrom() != null
        && WorkerPod.CREDENTIALS.contains(variable.getName())
        && (hasCredentials() || check.isOfImage());
  }

  private StorageSpec storage() {
    return worker.spec().storage();
  }
}
