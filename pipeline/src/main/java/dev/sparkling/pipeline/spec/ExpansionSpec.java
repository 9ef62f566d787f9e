package dev.sparkling.pipeline.spec;

import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.Objects;

/**
 * What grows, and how the new entries start.
 *
 * @param hiddenSize new width of the residual stream; 0 (absent) leaves it
 * @param innerSize new width of an expert or MLP; 0 (absent) leaves it
 */
@ValidationRule(
    value = "has(self.hiddenSize) || has(self.innerSize)",
    message = "grows nothing; a larger hiddenSize, innerSize or both")
public record ExpansionSpec(
    @Min(1) @Max(Limits.WIDTH) int hiddenSize,
    @Min(1) @Max(Limits.WIDTH) int innerSize,
    Initialization initialization,
    OptimizerStateStrategy optimizerState,
    RewarmupSpec rewarmup) {
  public ExpansionSpec {
    initialization = Objects.requireNonNullElse(initialization, Initialization.COPY_COPY);
    optimizerState = Objects.requireNonNullElse(optimizerState, OptimizerStateStrategy.ASYMMETRIC);
    rewarmup = Objects.requireNonNullElse(rewarmup, RewarmupSpec.DEFAULT);
  }
}
