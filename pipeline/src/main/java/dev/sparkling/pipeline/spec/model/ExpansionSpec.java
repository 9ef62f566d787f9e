package dev.sparkling.pipeline.spec.model;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.Objects;

/** What grows, and how the new entries start; a width of 0 (absent) stays. */
@ValidationRule(
    value = "has(self.hiddenSize) || has(self.innerSize)",
    message = "grows nothing; a larger hiddenSize, innerSize or both")
public record ExpansionSpec(
    @JsonPropertyDescription(
            "New channels of the residual stream, not fewer than before; default: they stay")
        @Min(1)
        @Max(Limits.WIDTH)
        int hiddenSize,
    @JsonPropertyDescription(
            "New channels inside an expert or MLP, not fewer than before; default: they stay")
        @Min(1)
        @Max(Limits.WIDTH)
        int innerSize,
    @JsonPropertyDescription(
            "How new entries start, as written side and read side: copy-copy, zero-copy, random-copy, random-zero or random-random; or a baseline to compare with: naive, uneven, perturb or signal-to-noise; default copy-copy")
        Initialization initialization,
    @JsonPropertyDescription(
            "What becomes of the optimizer's moments: asymmetric (new entries start at zero), asymmetric-scaled, copy or drop; default asymmetric")
        OptimizerStateStrategy optimizerState,
    @JsonPropertyDescription(
            "How weights of normalization layers widen: copy, or resample from their distribution; default copy")
        NormInitialization norms,
    @JsonPropertyDescription("Numbers of the baselines") BaselineSpec baseline,
    @JsonPropertyDescription("Learning rate of the new entries after the expansion")
        RewarmupSpec rewarmup,
    @JsonPropertyDescription(
            "How far RMS(y)/RMS(x) of a widened matrix may move, relative to what the factor should give; beyond it the expansion warns; default 0.05")
        @Min(value = 0, inclusive = false)
        Double tolerance) {
  private static final double DEFAULT_TOLERANCE = 0.05;

  public ExpansionSpec {
    initialization = Objects.requireNonNullElse(initialization, Initialization.COPY_COPY);
    optimizerState = Objects.requireNonNullElse(optimizerState, OptimizerStateStrategy.ASYMMETRIC);
    norms = Objects.requireNonNullElse(norms, NormInitialization.COPY);
    baseline = Objects.requireNonNullElse(baseline, BaselineSpec.DEFAULT);
    rewarmup = Objects.requireNonNullElse(rewarmup, RewarmupSpec.DEFAULT);
    tolerance = Objects.requireNonNullElse(tolerance, DEFAULT_TOLERANCE);
  }
}
