package dev.sparkling.operator.api;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.kubernetes.api.model.Affinity;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.LocalObjectReference;
import io.fabric8.kubernetes.api.model.Toleration;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeMount;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What users may add to worker pods: {@code podPatch} of the trainer and the expander. Names of
 * Kubernetes' own pod template; a small subset, so that the CustomResourceDefinition stays small
 * enough for plain {@code kubectl apply} and nothing of ours can be overwritten.
 */
public record PodPatch(
    @JsonPropertyDescription("Labels added to the pods; the run's own win")
        Map<String, String> labels,
    @JsonPropertyDescription("Annotations added to the pods") Map<String, String> annotations,
    @JsonPropertyDescription("Labels that a node must have for the pods")
        Map<String, String> nodeSelector,
    @JsonPropertyDescription("Taints of nodes that the pods tolerate") List<Toleration> tolerations,
    @JsonPropertyDescription("Where the pods prefer or have to run, by nodes and other pods")
        @Nullable Affinity affinity,
    @JsonPropertyDescription("Volumes added to the pods") List<Volume> volumes,
    @JsonPropertyDescription("Mounts added to the worker's container")
        List<VolumeMount> volumeMounts,
    @JsonPropertyDescription("Environment variables added to the worker's container")
        List<EnvVar> env,
    @JsonPropertyDescription("Names of secrets in this namespace with which images are pulled")
        List<LocalObjectReference> imagePullSecrets,
    @JsonPropertyDescription("Runtime class of the pods") @Nullable String runtimeClassName,
    @JsonPropertyDescription("Priority class of the pods") @Nullable String priorityClassName) {
  public PodPatch {
    labels = ordered(labels);
    annotations = ordered(annotations);
    nodeSelector = ordered(nodeSelector);
    tolerations = tolerations == null ? List.of() : List.copyOf(tolerations);
    volumes = volumes == null ? List.of() : List.copyOf(volumes);
    volumeMounts = volumeMounts == null ? List.of() : List.copyOf(volumeMounts);
    env = env == null ? List.of() : List.copyOf(env);
    imagePullSecrets = imagePullSecrets == null ? List.of() : List.copyOf(imagePullSecrets);
  }

  /** In the user's order: the same resource makes the same pods, byte for byte. */
  private static Map<String, String> ordered(@Nullable Map<String, String> map) {
    return map == null ? Map.of() : Collections.unmodifiableMap(new LinkedHashMap<>(map));
  }
}
