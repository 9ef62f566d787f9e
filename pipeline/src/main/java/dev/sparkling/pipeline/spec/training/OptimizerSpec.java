package dev.sparkling.pipeline.spec.training;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;
import java.util.Objects;

/**
 * The optimizer; AdamW's defaults are those of the paper's appendix D. With Muon, only the matrices
 * inside layers are updated by Muon; embedding, head and norms are updated by AdamW, with the same
 * learning rate.
 */
@ValidationRule(
    value = "!has(self.betas) || self.betas.all(beta, beta >= 0.0 && beta < 1.0)",
    message = "betas: two numbers from 0 up to but not including 1 are needed")
public record OptimizerSpec(
    @JsonPropertyDescription("Optimizer: adamw or muon. Defaults to adamw.") OptimizerType type,
    @JsonPropertyDescription(
            "Decay rates of the first and the second moment, each at least 0 and less than 1. Defaults to 0.9 and 0.95.")
        @Size(min = 2, max = 2)
        List<Double> betas,
    @JsonPropertyDescription("Constant added to the root of the second moment. Defaults to 1e-8.")
        @Min(value = 0, inclusive = false)
        Double eps,
    @JsonPropertyDescription(
            "Decoupled weight decay of all weights, including norms and embeddings. Defaults to 0.1.")
        @Min(0)
        @Max(1)
        Double weightDecay,
    @JsonPropertyDescription("Momentum of muon, at least 0 and less than 1. Defaults to 0.95.")
        @Min(0)
        @Max(value = 1, inclusive = false)
        Double momentum) {

  private static final List<Double> DEFAULT_BETAS = List.of(0.9, 0.95);
  private static final double DEFAULT_EPS = 1e-8;
  private static final double DEFAULT_WEIGHT_DECAY = 0.1;
  private static final double DEFAULT_MOMENTUM = 0.95;

  static final OptimizerSpec DEFAULT =
      new OptimizerSpec(
          OptimizerType.ADAMW, DEFAULT_BETAS, DEFAULT_EPS, DEFAULT_WEIGHT_DECAY, DEFAULT_MOMENTUM);

  public OptimizerSpec {
    type = Objects.requireNonNullElse(type, OptimizerType.ADAMW);
    betas = betas == null ? DEFAULT_BETAS : List.copyOf(betas);
    eps = Objects.requireNonNullElse(eps, DEFAULT_EPS);
    weightDecay = Objects.requireNonNullElse(weightDecay, DEFAULT_WEIGHT_DECAY);
    momentum = Objects.requireNonNullElse(momentum, DEFAULT_MOMENTUM);
  }
}
