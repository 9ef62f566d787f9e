package dev.sparkling.operator.observe;

import dev.sparkling.pipeline.job.Progress;

/**
 * The progress that a running trainer returned. It is for display only: a pod may run any image and
 * the response is not authenticated, so it never proves that a stage is complete (docs/adr/0008).
 *
 * @param pod name of the pod that answered
 */
public record PolledProgress(String pod, Progress progress) {}
