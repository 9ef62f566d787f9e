package dev.sparkling.expander.run;

import java.util.List;

/**
 * The effect and cost of an expansion, computed without writing anything.
 *
 * @param bytes size of all tensors before the expansion
 * @param newBytes size of all tensors after the expansion
 * @param bytesPerSecond bytes of new tensors per second, measured by reading and widening a sample;
 *     writing is not measured
 * @param warnings warnings about the plan, one sentence each
 * @param tensors reports of weights and optimizer state, in the order of the files, without
 *     measurements
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

  /** Returns the estimated time in seconds at the measured speed. */
  public double seconds() {
    return newBytes / bytesPerSecond;
  }
}
