package dev.sparkling.expander.run;

import java.util.List;

/**
 * What an expansion would do, computed without writing anything.
 *
 * @param bytes of all tensors before
 * @param newBytes of all tensors after
 * @param bytesPerSecond of new tensors, measured by reading and widening a sample; writing is not
 *     measured
 * @param warnings about the plan, one sentence each
 * @param tensors weights and moments, in the order of the files, without measured figures
 */
public record ExpansionPreview(
    ModelChange model,
    long bytes,
    long newBytes,
    double bytesPerSecond,
    List<String> warnings,
    List<TensorReport> tensors) {

  public ExpansionPreview {
    warnings = List.copyOf(warnings);
    tensors = List.copyOf(tensors);
  }

  /** Seconds at the measured speed. */
  public double seconds() {
    return newBytes / bytesPerSecond;
  }
}
