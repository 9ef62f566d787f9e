package dev.sparkling.pipeline.status;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;

/** What a held stage waits for. */
public record HoldStatus(
    @JsonPropertyDescription(
            "Reason in one word, such as CredentialsRefused, StoreFull or ImagePullBackOff.")
        String reason,
    @JsonPropertyDescription("Message of the worker or the kubelet.") String message,
    @JsonPropertyDescription(
            "Generation of the resource that was held; an edit of the spec ends the hold.")
        long generation) {}
