package dev.sparkling.expander.run;

import dev.sparkling.checkpoint.format.TrainerState.Widths;
import java.util.Objects;

/**
 * The size of a model before and after an expansion.
 *
 * @param parameters number of parameters before
 * @param newParameters number of parameters after
 * @param logitScale logit scale after; not 1 if a tied embedding was widened
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
