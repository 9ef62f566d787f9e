package dev.sparkling.expander.run;

/** Told after every portion of tensors how far an expansion is. */
@FunctionalInterface
public interface ExpansionProgress {

  /** Tells nobody. */
  ExpansionProgress NONE = (_, _) -> {};

  /**
   * Tensors were widened, and are about to be written.
   *
   * @param bytes of all tensors so far
   * @param allBytes that will be written
   */
  void widened(long bytes, long allBytes);
}
