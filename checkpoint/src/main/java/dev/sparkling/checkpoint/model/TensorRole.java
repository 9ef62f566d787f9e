package dev.sparkling.checkpoint.model;

/** What a tensor does to the channels of its last axis, which decides how it widens. */
public enum TensorRole {
  /** Looked up by row: its columns are outputs (fan-out), though a matrix's are inputs. */
  EMBEDDING,
  /** {@code y = W x}: rows are outputs (fan-out), columns are inputs (fan-in). */
  MATRIX,
  /** The output head: a matrix of its own where embeddings are untied. */
  HEAD,
  /** A weight a channel, multiplied. */
  NORM
}
