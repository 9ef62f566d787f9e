package dev.sparkling.operator.workload;

import java.util.List;

/**
 * The operator's settings for worker pods.
 *
 * @param trainerImage image of trainers whose resource sets none
 * @param expanderImage image of expanders whose resource sets none, and of the jobs that delete
 *     runs' objects
 * @param imagePullPolicy pull policy of both images
 * @param imagePullSecrets names of Secrets for pulling images, in the resource's namespace
 * @param defaultGpu whether a trainer requests one GPU if its resource sets no requests and limits
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
