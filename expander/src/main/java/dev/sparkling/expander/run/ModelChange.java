package dev.sparkling.expander.run;

import dev.sparkling.checkpoint.format.TrainerState.Widths;
import java.util.Objects;

/**
 * What an expansion does to the size of a model.
 *
 * @param parameters of the model before
 * @param newParameters of the model after
 * @param logitScale of the model after; not 1 where a tied embedding was widened
 */
public record ModelChange(
    Widths widths, Widths newWidths, long parameters, long newParameters, double logitScale) {
  public ModelChange {
    Objects.requireNonNull(widths, "widths");
    Objects.requireNonNull(newWidths, "newWidths");
    if (parameters < 1 || newParameters < 1 || !(logitScale > 0)) {
      throw new IllegalArgumentException(
          "parameters %d, newParameters %d and logitScale %s must be above 0"
              .formatted(parameters, newParameters, logitScale));
    }
  }
}
