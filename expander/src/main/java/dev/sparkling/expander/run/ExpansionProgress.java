package dev.sparkling.expander.run;

/** Told after every tensor how far an expansion is. */
@FunctionalInterface
public interface ExpansionProgress {

  /** Tells nobody. */
  ExpansionProgress NONE = (_, _) -> {};

  /**
   * A tensor was widened, and is about to be written.
   *
   * @param bytes of all tensors so far
   * @param allBytes that will be written
   */
  void widened(long bytes, long allBytes);
}
