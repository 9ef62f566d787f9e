package dev.sparkling.pipeline.spec;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Min;
import org.jspecify.annotations.Nullable;

/** Overrides of {@code spec.trainer} for one stage. */
public record StageTrainerSpec(
    @JsonPropertyDescription(
            "Number of nodes that train the stage together. Defaults to spec.trainer.nodes.")
        @Nullable
        @Min(1)
        Integer nodes,
    @JsonPropertyDescription(
            "Compute resources of the trainer in this stage. Defaults to spec.trainer.resources.")
        @Nullable ResourcesSpec resources) {}
