package dev.sparkling.expander.plan;

/** Where the entries of a tensor's new rows, or of its new columns, come from. */
public enum NewEntries {
  /** New index {@code i} copies old index {@code i mod width}. */
  COPY,
  /** Drawn from a normal distribution of the old tensor's mean and standard deviation. */
  RANDOM,
  /** They start at zero. */
  ZERO
}
