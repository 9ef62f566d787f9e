package dev.sparkling.expander.run;

import dev.sparkling.checkpoint.format.TrainerState.Widths;
import java.util.List;

/**
 * What an expansion would do, before anything is written.
 *
 * @param bytes of all tensors before
 * @param newBytes of all tensors after
 * @param bytesPerSecond of new tensors, read and widened for a sample; writing was not measured
 * @param tensors weights and moments, in the files' order; nothing in them is measured
 */
public record ExpansionPreview(
    Widths widths,
    Widths newWidths,
    long parameters,
    long newParameters,
    double logitScale,
    long bytes,
    long newBytes,
    double bytesPerSecond,
    List<TensorReport> tensors) {

  public ExpansionPreview {
    tensors = List.copyOf(tensors);
  }

  /** At the measured speed. */
  public double seconds() {
    return newBytes / bytesPerSecond;
  }
}
