package dev.sparkling.pipeline.spec;

import org.jspecify.annotations.Nullable;

/**
 * The part of the trainer that may differ between stages; absent means as in {@code spec.trainer}.
 */
public record StageTrainerSpec(@Nullable Integer nodes, @Nullable ResourcesSpec resources) {}
