package dev.sparkling.pipeline.status;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;

/** A Kubernetes condition; times are RFC 3339. */
public record Condition(
    @JsonPropertyDescription("Ready, Progressing or Failed") String type,
    @JsonPropertyDescription("True or False") String status,
    @JsonPropertyDescription("Why, in one word, such as Training or Unschedulable") String reason,
    @JsonPropertyDescription("Why, in a sentence") String message,
    @JsonPropertyDescription("When the status of the condition changed last, RFC 3339")
        String lastTransitionTime,
    @JsonPropertyDescription("Generation of the spec that the condition is about")
        long observedGeneration) {}
