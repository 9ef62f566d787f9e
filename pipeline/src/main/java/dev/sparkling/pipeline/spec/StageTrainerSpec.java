package dev.sparkling.pipeline.spec;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Min;
import org.jspecify.annotations.Nullable;

/**
 * The part of the trainer that may differ between stages; absent means as in {@code spec.trainer}.
 */
public record StageTrainerSpec(
    @JsonPropertyDescription("Nodes that train the stage together; default: as in spec.trainer")
        @Nullable
        @Min(1)
        Integer nodes,
    @JsonPropertyDescription(
            "Requests and limits of the trainer in this stage; default: as in spec.trainer")
        @Nullable ResourcesSpec resources) {}
