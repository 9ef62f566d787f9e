package dev.sparkling.checkpoint.model;

/** What a tensor does to the channels of its last axis, which decides how it widens. */
public enum TensorRole {
  /** Looked up by row: its columns are outputs (fan-out), unlike those of a matrix. */
  EMBEDDING,
  /** {@code y = W x}: rows are outputs (fan-out), columns are inputs (fan-in). */
  MATRIX,
  /**
   * A matrix whose outputs SwiGLU passes through silu and multiplies with those of another: {@code
   * silu(gate x) * (up x)}.
   */
  GATE,
  /** The output head: a matrix of its own where embeddings are untied. */
  HEAD,
  /** One weight per channel, multiplied elementwise. */
  NORM;

  /** Whether it is a matrix inside a layer, as Muon trains them. */
  public boolean isLayerMatrix() {
    return this == MATRIX || this == GATE;
  }
}
