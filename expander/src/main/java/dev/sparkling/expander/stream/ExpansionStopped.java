package dev.sparkling.expander.stream;

/**
 * Thrown instead of returning the next values of a sequence when a stop is requested, because a
 * sequence cannot end early in any other way.
 */
public final class ExpansionStopped extends RuntimeException {
  private static final long serialVersionUID = 1L;

  ExpansionStopped() {
    super("stop requested", null, false, false);
  }
}
