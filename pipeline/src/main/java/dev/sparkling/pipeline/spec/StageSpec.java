package dev.sparkling.pipeline.spec;

import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A width and its token budget.
 *
 * @param tokens budget; rounded to whole optimizer steps
 * @param expansion what grows before the stage; absent on the first stage only
 * @param trainer what differs from {@code spec.trainer} in this stage
 */
public record StageSpec(
    @Required @Pattern(ProgressiveTraining.NAME_PATTERN) @Size(max = 40) String name,
    @Required @Min(1) @Max(Limits.TOKENS) long tokens,
    @Nullable ExpansionSpec expansion,
    @Nullable StageTrainerSpec trainer) {
  public StageSpec {
    name = Objects.requireNonNullElse(name, "");
  }
}
