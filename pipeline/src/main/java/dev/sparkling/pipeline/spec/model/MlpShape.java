package dev.sparkling.pipeline.spec.model;

/** The shape of every layer's MLP: a single one, or experts of which each token uses a few. */
public sealed interface MlpShape {
  /** Number of channels inside the MLP, or inside one expert. */
  int innerSize();

  /** Returns the shape with another inner size. */
  MlpShape withInnerSize(int newInnerSize);

  /** One MLP that every token passes through. */
  record DenseShape(int innerSize) implements MlpShape {
    @Override
    public DenseShape withInnerSize(int newInnerSize) {
      return new DenseShape(newInnerSize);
    }
  }

  /**
   * Experts behind a router.
   *
   * @param experts number of experts per layer
   * @param expertsPerToken number of experts chosen for each token
   * @param normalizeTopK whether the weights of a token's experts are divided by their sum
   */
  record ExpertsShape(int innerSize, int experts, int expertsPerToken, boolean normalizeTopK)
      implements MlpShape {
    @Override
    public ExpertsShape withInnerSize(int newInnerSize) {
      return new ExpertsShape(newInnerSize, experts, expertsPerToken, normalizeTopK);
    }
  }
}
