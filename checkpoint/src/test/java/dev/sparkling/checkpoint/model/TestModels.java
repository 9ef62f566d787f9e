package dev.sparkling.checkpoint.model;

import dev.sparkling.pipeline.spec.model.MlpShape.DenseShape;
import dev.sparkling.pipeline.spec.model.MlpShape.ExpertsShape;

/** Small models for tests; no two sizes are equal, so that swapped axes are found. */
public final class TestModels {

  private TestModels() {}

  /** Has 3 experts, 2 per token. */
  public static ModelConfiguration moe(boolean tied) {
    return new ModelConfiguration(
        11, 2, 8, new ExpertsShape(6, 3, 2, true), 4, 2, 10, tied, 10_000, 1e-6, 16, 1.0);
  }

  public static ModelConfiguration dense(boolean tied) {
    return new ModelConfiguration(
        11, 2, 8, new DenseShape(6), 4, 2, 10, tied, 10_000, 1e-6, 16, 1.0);
  }
}
