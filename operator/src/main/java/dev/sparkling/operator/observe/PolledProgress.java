package dev.sparkling.operator.observe;

import dev.sparkling.pipeline.job.Progress;

/**
 * A running trainer's answer. It is for display: a pod may run any image and the answer is not
 * authenticated, so that it never proves a stage complete (docs/adr/0008).
 *
 * @param pod name of the pod that answered
 */
public record PolledProgress(String pod, Progress progress) {}
