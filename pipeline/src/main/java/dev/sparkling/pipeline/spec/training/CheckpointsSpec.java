package dev.sparkling.pipeline.spec.training;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Min;
import java.util.Objects;

/** How often checkpoints are written and how many are kept; a stage's last one is always kept. */
public record CheckpointsSpec(
    @JsonPropertyDescription(
            "Number of steps between checkpoints; one is always written after a stage's last step. Defaults to 1000.")
        @Min(1)
        Integer everySteps,
    @JsonPropertyDescription(
            "Number of a stage's newest checkpoints to keep; its last one is always kept. Defaults to 3.")
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
