package dev.sparkling.pipeline.status;

/** A Kubernetes condition; times are RFC 3339. */
public record Condition(
    String type,
    String status,
    String reason,
    String message,
    String lastTransitionTime,
    long observedGeneration) {}
