package dev.sparkling.pipeline.spec.training;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Min;
import java.util.Objects;

/**
 * When to write a checkpoint and how many to keep; a stage's last one is always written and kept.
 */
public record CheckpointsSpec(
    @JsonPropertyDescription(
            "Steps between two checkpoints; a stage's last step always writes one; default 1000")
        @Min(1)
        Integer everySteps,
    @JsonPropertyDescription(
            "Newest checkpoints of a stage that are kept; a stage's last one always is; default 3")
        @Min(1)
        Integer keepLast) {

  private static final int DEFAULT_EVERY_STEPS = 1000;
  private static final int DEFAULT_KEEP_LAST = 3;

  static final CheckpointsSpec DEFAULT =
      new CheckpointsSpec(DEFAULT_EVERY_STEPS, DEFAULT_KEEP_LAST);

  public CheckpointsSpec {
    everySteps = Objects.requireNonNullElse(everySteps, DEFAULT_EVERY_STEPS);
    keepLast = Objects.requireNonNullElse(keepLast, DEFAULT_KEEP_LAST);
  }
}
