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
 * User-defined additions to worker pods: {@code podPatch} of the trainer and the expander. The
 * field names are those of a Kubernetes pod template. Only a subset is supported, so that the
 * CustomResourceDefinition stays small enough for client-side {@code kubectl apply}. A patch adds
 * to what the operator sets and replaces nothing, except for environment variables: if the operator
 * sets one of the same name, Kubernetes uses the value of the patch, which comes last.
 */
public record PodPatch(
    @JsonPropertyDescription("Labels added to the pods; the operator's own labels take precedence.")
        Map<String, String> labels,
    @JsonPropertyDescription("Annotations added to the pods.") Map<String, String> annotations,
    @JsonPropertyDescription("Labels that a node must have to run the pods.")
        Map<String, String> nodeSelector,
    @JsonPropertyDescription("Tolerations of the pods.") List<Toleration> tolerations,
    @JsonPropertyDescription("Scheduling constraints of the pods.") @Nullable Affinity affinity,
    @JsonPropertyDescription("Volumes added to the pods.") List<Volume> volumes,
    @JsonPropertyDescription("Volume mounts added to the worker's container.")
        List<VolumeMount> volumeMounts,
    @JsonPropertyDescription(
            "Environment variables added to the worker's container; they override those that the operator sets.")
        List<EnvVar> env,
    @JsonPropertyDescription("Names of Secrets in the run's namespace for pulling images.")
        List<LocalObjectReference> imagePullSecrets,
    @JsonPropertyDescription("RuntimeClass of the pods.") @Nullable String runtimeClassName,
    @JsonPropertyDescription("PriorityClass of the pods.") @Nullable String priorityClassName) {
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

  /** Keeps the user's order, so that the same resource gives identical pods. */
  private static Map<String, String> ordered(@Nullable Map<String, String> map) {
    return map == null ? Map.of() : Collections.unmodifiableMap(new LinkedHashMap<>(map));
  }
}
