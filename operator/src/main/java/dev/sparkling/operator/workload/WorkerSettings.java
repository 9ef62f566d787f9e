package dev.sparkling.operator.workload;

import java.util.List;

/**
 * The operator's settings for worker pods.
 *
 * @param trainerImage image of trainers if the resource names none
 * @param expanderImage image of expanders if the resource names none; also deletes runs' objects
 * @param imagePullPolicy pull policy of both images
 * @param imagePullSecrets names of secrets in the resource's namespace
 * @param defaultGpu whether a trainer requests one GPU if the resource has no resources
 * @param ttlSecondsAfterFinished time after which finished jobs are deleted with their pods
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
