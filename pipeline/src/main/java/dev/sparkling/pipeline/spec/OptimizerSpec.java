package dev.sparkling.pipeline.spec;

import java.util.List;
import java.util.Objects;

/**
 * The optimizer; defaults are the paper's (App. D).
 *
 * @param betas decay of the first and of the second moment
 * @param eps added to the root of the second moment
 * @param weightDecay decoupled, on everything including norms and embeddings
 */
public record OptimizerSpec(
    OptimizerType type, List<Double> betas, Double eps, Double weightDecay) {

  private static final List<Double> DEFAULT_BETAS = List.of(0.9, 0.95);
  private static final double DEFAULT_EPS = 1e-8;
  private static final double DEFAULT_WEIGHT_DECAY = 0.1;

  static final OptimizerSpec DEFAULT =
      new OptimizerSpec(OptimizerType.ADAMW, DEFAULT_BETAS, DEFAULT_EPS, DEFAULT_WEIGHT_DECAY);

  public OptimizerSpec {
    type = Objects.requireNonNullElse(type, OptimizerType.ADAMW);
    betas = betas == null ? DEFAULT_BETAS : List.copyOf(betas);
    eps = Objects.requireNonNullElse(eps, DEFAULT_EPS);
    weightDecay = Objects.requireNonNullElse(weightDecay, DEFAULT_WEIGHT_DECAY);
  }
}
