package dev.sparkling.expander.stream;

/**
 * Thrown instead of the next values of a sequence when a stop is requested: a writer of sequences
 * knows no other early end.
 */
public final class ExpansionStopped extends RuntimeException {
  private static final long serialVersionUID = 1L;

  ExpansionStopped() {
    super("stop requested", null, false, false);
  }
}
