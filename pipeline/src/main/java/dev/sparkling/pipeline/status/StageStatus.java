package dev.sparkling.pipeline.status;

import org.jspecify.annotations.Nullable;

/**
 * One stage.
 *
 * @param attempts pods that were charged against {@code spec.retries}
 * @param disruptions pods lost to preemption, eviction or a node; not charged
 * @param waitingReason copied from the pod, such as {@code ImagePullBackOff}
 */
public record StageStatus(
    String name,
    StageState state,
    long step,
    long tokens,
    @Nullable Double loss,
    @Nullable Double tokensPerSecond,
    @Nullable CheckpointStatus checkpoint,
    int attempts,
    int disruptions,
    @Nullable String startedAt,
    @Nullable String finishedAt,
    @Nullable String waitingReason,
    @Nullable ExpansionStatus expansion) {}
