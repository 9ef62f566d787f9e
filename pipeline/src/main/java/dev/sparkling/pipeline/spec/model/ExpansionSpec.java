package dev.sparkling.pipeline.spec.model;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.Objects;

/** The new widths, and how new entries are initialized; a width of 0 (absent) does not change. */
@ValidationRule(
    value = "has(self.hiddenSize) || has(self.innerSize)",
    message = "widens nothing; a larger hiddenSize or innerSize is needed")
public record ExpansionSpec(
    @JsonPropertyDescription(
            "Number of channels of the residual stream after the expansion. Defaults to the current number, and cannot be smaller.")
        @Min(1)
        @Max(Limits.WIDTH)
        int hiddenSize,
    @JsonPropertyDescription(
            "Number of channels inside an expert or MLP after the expansion. Defaults to the current number, and cannot be smaller.")
        @Min(1)
        @Max(Limits.WIDTH)
        int innerSize,
    @JsonPropertyDescription(
            "Initialization of new entries, as fan-out and fan-in side: copy-copy, zero-copy, random-copy, random-zero or random-random; or a baseline for comparison: naive, uneven, perturb or signal-to-noise. Defaults to copy-copy.")
        Initialization initialization,
    @JsonPropertyDescription(
            "How the optimizer state is expanded: asymmetric (new entries start at zero), asymmetric-scaled, copy or drop. Defaults to asymmetric.")
        OptimizerStateStrategy optimizerState,
    @JsonPropertyDescription(
            "How the weights of normalization layers are widened: copy, or resample from their distribution. Defaults to copy.")
        NormInitialization norms,
    @JsonPropertyDescription("Parameters of the baselines.") BaselineSpec baseline,
    @JsonPropertyDescription("Learning rate of the new entries after the expansion.")
        RewarmupSpec rewarmup,
    @JsonPropertyDescription(
            "Largest relative deviation of RMS(y)/RMS(x) of a widened matrix from its expected value; beyond it the expansion reports a warning. Defaults to 0.05.")
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
