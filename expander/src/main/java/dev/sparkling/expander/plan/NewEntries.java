package dev.sparkling.expander.plan;

/** Source of the entries of a tensor's new rows or new columns. */
public enum NewEntries {
  /** New index {@code i} copies old index {@code i mod width}. */
  COPY,
  /** Drawn from a normal distribution of the old tensor's mean and standard deviation. */
  RANDOM,
  /** All zero. */
  ZERO
}
