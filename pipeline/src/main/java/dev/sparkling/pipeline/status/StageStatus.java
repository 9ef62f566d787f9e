package dev.sparkling.pipeline.status;

import org.jspecify.annotations.Nullable;

/**
 * One stage.
 *
 * @param attempts pods that were charged against {@code spec.retries}
 * @param disruptions pods lost to preemption, eviction or a node; not charged
 * @param loss of the last step's batch, in nats a token
 * @param validationLoss the newest, in nats a token
 * @param pod the last one that worked on the stage
 * @param message what the pod or its scheduler said
 * @param waitingReason copied from the pod, such as {@code ImagePullBackOff}
 */
public record StageStatus(
    String name,
    StageState state,
    long step,
    long tokens,
    @Nullable Double loss,
    @Nullable Double validationLoss,
    @Nullable Double tokensPerSecond,
    @Nullable CheckpointStatus checkpoint,
    int attempts,
    int disruptions,
    @Nullable String startedAt,
    @Nullable String finishedAt,
    @Nullable String pod,
    @Nullable String waitingReason,
    @Nullable String message,
    @Nullable ExpansionStatus expansion) {}
