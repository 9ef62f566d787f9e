package dev.sparkling.operator.api;

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
    Map<String, String> labels,
    Map<String, String> annotations,
    Map<String, String> nodeSelector,
    List<Toleration> tolerations,
    @Nullable Affinity affinity,
    List<Volume> volumes,
    List<VolumeMount> volumeMounts,
    List<EnvVar> env,
    List<LocalObjectReference> imagePullSecrets,
    @Nullable String runtimeClassName,
    @Nullable String priorityClassName) {
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
