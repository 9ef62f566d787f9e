package dev.sparkling.pipeline.status;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;

/** A Kubernetes condition; times are RFC 3339. */
public record Condition(
    @JsonPropertyDescription("Type of the condition: Ready, Progressing or Failed.") String type,
    @JsonPropertyDescription("Status of the condition: True or False.") String status,
    @JsonPropertyDescription(
            "Reason for the status in one word, such as Training or Unschedulable.")
        String reason,
    @JsonPropertyDescription("Human-readable details of the reason.") String message,
    @JsonPropertyDescription("Time of the last change of the status, in RFC 3339.")
        String lastTransitionTime,
    @JsonPropertyDescription("Generation of the resource for which the condition was set.")
        long observedGeneration) {}
