package dev.sparkling.expander.run;

/** Receives the progress of an expansion after every portion of tensors. */
@FunctionalInterface
public interface ExpansionProgress {

  /** Ignores the progress. */
  ExpansionProgress NONE = (_, _) -> {};

  /**
   * Reports that a portion has been widened and is about to be written.
   *
   * @param bytes number of new bytes so far
   * @param allBytes number of new bytes in total
   */
  void widened(long bytes, long allBytes);
}
