package dev.sparkling.pipeline.spec.training;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Min;
import java.util.Objects;

/**
 * When to compute the validation loss, and on how much. A stage's first and last step always
 * evaluate.
 */
public record EvaluationSpec(
    @JsonPropertyDescription(
            "Steps between two evaluations; a stage's first and last step always evaluate; default 500")
        @Min(1)
        Integer everySteps,
    @JsonPropertyDescription(
            "Sequences of the validation data to evaluate on, from its start; all where there are fewer; default 512")
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
