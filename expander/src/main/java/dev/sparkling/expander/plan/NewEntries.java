package dev.sparkling.expander.plan;

/** Where the entries of a new block come from. */
public enum NewEntries {
  /** New index {@code i} of an axis copies old index {@code i mod width}. */
  COPY,
  /** They start at zero. */
  ZERO
}
