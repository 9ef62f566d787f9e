package dev.sparkling.pipeline.spec;

import io.fabric8.generator.annotation.Min;
import java.util.Objects;

/**
 * When to compute the validation loss, and on how much. A stage's first and last step always
 * evaluate.
 *
 * @param sequences of the validation shards, from the start; all where there are fewer
 */
public record EvaluationSpec(@Min(1) Integer everySteps, @Min(1) Integer sequences) {

  private static final int DEFAULT_EVERY_STEPS = 500;
  private static final int DEFAULT_SEQUENCES = 512;

  static final EvaluationSpec DEFAULT = new EvaluationSpec(DEFAULT_EVERY_STEPS, DEFAULT_SEQUENCES);

  public EvaluationSpec {
    everySteps = Objects.requireNonNullElse(everySteps, DEFAULT_EVERY_STEPS);
    sequences = Objects.requireNonNullElse(sequences, DEFAULT_SEQUENCES);
  }
}
