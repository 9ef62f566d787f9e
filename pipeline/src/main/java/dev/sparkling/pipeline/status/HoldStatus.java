package dev.sparkling.pipeline.status;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;

/** What a held stage waits for. */
public record HoldStatus(
    @JsonPropertyDescription(
            "Reason in one word, such as CredentialsRefused, StoreFull or ImagePullBackOff.")
        String reason,
    @JsonPropertyDescription("Message of the worker or the kubelet.") String message,
    @JsonPropertyDescription("metadata.generation when the hold began; a later generation ends it.")
        long generation,
    @JsonPropertyDescription("Time at which the hold began, in RFC 3339.") String since) {}
