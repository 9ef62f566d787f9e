package dev.sparkling.checkpoint.model;

/** The role of a tensor in the model, which determines how it is widened. */
public enum TensorRole {
  /** Looked up by row: its columns are outputs (fan-out), unlike those of a matrix. */
  EMBEDDING,
  /** {@code y = W x}: rows are outputs (fan-out), columns are inputs (fan-in). */
  MATRIX,
  /**
   * A matrix whose outputs SwiGLU passes through silu and multiplies with those of {@code up}:
   * {@code silu(gate x) * (up x)}.
   */
  GATE,
  /** The output head: a separate matrix if embeddings are untied. */
  HEAD,
  /** One weight per channel, multiplied elementwise. */
  NORM;

  /** Whether it is a matrix inside a layer, which Muon updates. */
  public boolean isLayerMatrix() {
    return this == MATRIX || this == GATE;
  }
}
