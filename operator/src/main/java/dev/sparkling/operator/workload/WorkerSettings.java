package dev.sparkling.operator.workload;

import java.util.List;

/**
 * What the installation says of worker pods.
 *
 * @param trainerImage where the resource names none
 * @param expanderImage where the resource names none; also deletes a run's objects
 * @param imagePullPolicy of both
 * @param imagePullSecrets names of secrets in the resource's namespace
 * @param defaultGpu whether a trainer asks for one GPU where the resource says nothing of resources
 * @param ttlSecondsAfterFinished of their jobs, which take their pods along
 */
public record WorkerSettings(
    String trainerImage,
    String expanderImage,
    String imagePullPolicy,
    List<String> imagePullSecrets,
    boolean defaultGpu,
    int ttlSecondsAfterFinished) {
  public WorkerSettings {
    imagePullSecrets = List.copyOf(imagePullSecrets);
  }
}
