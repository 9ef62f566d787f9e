package dev.sparkling.pipeline.status;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import org.jspecify.annotations.Nullable;

/** One stage. */
public record StageStatus(
    @JsonPropertyDescription("Name of the stage") String name,
    @JsonPropertyDescription(
            "Where the stage stands: Pending, Expanding, Training, Succeeded or Failed")
        StageState state,
    @JsonPropertyDescription("Newest step, counted from 1 over the whole run") long step,
    @JsonPropertyDescription("Tokens trained so far, counted over the whole run") long tokens,
    @JsonPropertyDescription("Loss of the newest step's batch, in nats a token")
        @Nullable Double loss,
    @JsonPropertyDescription("Newest validation loss, in nats a token")
        @Nullable Double validationLoss,
    @JsonPropertyDescription("Tokens trained a second, measured last")
        @Nullable Double tokensPerSecond,
    @JsonPropertyDescription("Newest complete checkpoint of the stage")
        @Nullable CheckpointStatus checkpoint,
    @JsonPropertyDescription("Failed pods of the newest job that count against spec.retries")
        int attempts,
    @JsonPropertyDescription(
            "Pods lost to preemption, eviction or a node; not counted against spec.retries")
        int disruptions,
    @JsonPropertyDescription("When the first job of the stage started, RFC 3339")
        @Nullable String startedAt,
    @JsonPropertyDescription("When the last step of the stage was complete, RFC 3339")
        @Nullable String finishedAt,
    @JsonPropertyDescription("Name of the last pod that worked on the stage") @Nullable String pod,
    @JsonPropertyDescription(
            "Why the stage's pod does not start, such as Unschedulable, ImagePullBackOff or FailedMount")
        @Nullable String waitingReason,
    @JsonPropertyDescription("What the pod, the scheduler or an event said last")
        @Nullable String message,
    @JsonPropertyDescription("What the expansion before the stage did; absent until it is complete")
        @Nullable ExpansionStatus expansion) {}
