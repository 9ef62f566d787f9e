package dev.sparkling.expander.plan;

/** The source of the entries in a tensor's new rows or new columns. */
public enum NewEntries {
  /** New index {@code i} copies old index {@code i mod width}. */
  COPY,
  /** Drawn from a normal distribution with the old tensor's mean and standard deviation. */
  RANDOM,
  /** All zero. */
  ZERO
}
