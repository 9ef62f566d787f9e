package dev.sparkling.expander.run;

/** Receives the progress of an expansion after every portion of tensors. */
@FunctionalInterface
public interface ExpansionProgress {

  /** Ignores the progress. */
  ExpansionProgress NONE = (_, _) -> {};

  /**
   * Called when a portion is widened and about to be written.
   *
   * @param bytes of all tensors so far
   * @param allBytes that will be written
   */
  void widened(long bytes, long allBytes);
}
