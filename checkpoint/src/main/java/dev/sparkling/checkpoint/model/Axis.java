package dev.sparkling.checkpoint.model;

/** What an axis of a tensor runs over. Only {@link #HIDDEN} and {@link #INNER} widen. */
public enum Axis {
  /** Channels of the residual stream. */
  HIDDEN,
  /** Channels inside an MLP or expert. */
  INNER,
  /** Tokens of the vocabulary. */
  VOCABULARY,
  /** Channels of all query or of all key/value heads. */
  HEADS,
  /** Anything else: experts of a router, channels of one head. */
  NONE
}
