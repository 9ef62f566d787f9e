package dev.sparkling.pipeline.spec;

import io.fabric8.generator.annotation.Min;
import org.jspecify.annotations.Nullable;

/**
 * The part of the trainer that may differ between stages; absent means as in {@code spec.trainer}.
 */
public record StageTrainerSpec(
    @Nullable @Min(1) Integer nodes, @Nullable ResourcesSpec resources) {}
