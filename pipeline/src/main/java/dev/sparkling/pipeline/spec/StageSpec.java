package dev.sparkling.pipeline.spec;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.sparkling.pipeline.spec.model.ExpansionSpec;
import dev.sparkling.pipeline.spec.model.Limits;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A width and its token budget. */
public record StageSpec(
    @JsonPropertyDescription(
            "Name of the stage, unique within the run: lowercase letters, digits and '-'. Part of the names of its jobs and objects.")
        @Required
        @Pattern(ProgressiveTraining.NAME_PATTERN)
        @Size(max = 40)
        String name,
    @JsonPropertyDescription(
            "Number of tokens to train on in the stage, rounded to whole optimizer steps.")
        @Required
        @Min(1)
        @Max(Limits.TOKENS)
        long tokens,
    @JsonPropertyDescription(
            "How the model is widened before the stage. Required, except for the first stage, which has none.")
        @Nullable ExpansionSpec expansion,
    @JsonPropertyDescription("Overrides of spec.trainer for the stage.")
        @Nullable StageTrainerSpec trainer) {
  public StageSpec {
    name = Objects.requireNonNullElse(name, "");
  }
}
