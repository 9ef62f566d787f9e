package dev.sparkling.pipeline.spec.training;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Min;
import java.util.Objects;

/**
 * How often the validation loss is computed, and on how many sequences. A stage is always evaluated
 * before its first step and after its last one.
 */
public record EvaluationSpec(
    @JsonPropertyDescription(
            "Number of steps between evaluations; a stage is always evaluated before its first step and after its last one. Defaults to 500.")
        @Min(1)
        Integer everySteps,
    @JsonPropertyDescription(
            "Number of validation sequences to evaluate on, from the start of the data, or all if there are fewer. Defaults to 512.")
        @Min(1)
        Integer sequences) {

  private static final int DEFAULT_EVERY_STEPS = 500;
  private static final int DEFAULT_SEQUENCES = 512;

  static final EvaluationSpec DEFAULT = new EvaluationSpec(DEFAULT_EVERY_STEPS, DEFAULT_SEQUENCES);

  public EvaluationSpec {
    everySteps = Objects.requireNonNullElse(everySteps, DEFAULT_EVERY_STEPS);
    sequences = Objects.requireNonNullElse(sequences, DEFAULT_SEQUENCES);
  }
}
