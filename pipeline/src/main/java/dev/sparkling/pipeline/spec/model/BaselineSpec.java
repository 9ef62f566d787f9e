package dev.sparkling.pipeline.spec.model;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import java.util.Objects;

/** Parameters of the baseline initializations. */
public record BaselineSpec(
    @JsonPropertyDescription(
            "With initialization uneven, the share that the old column keeps; its copies divide the rest evenly. Defaults to 1/3.")
        @Min(value = 0, inclusive = false)
        @Max(value = 1, inclusive = false)
        Double unevenShare,
    @JsonPropertyDescription(
            "With initialization perturb, the standard deviation of the noise, relative to the RMS of the entries to which it is added. Defaults to 0.1.")
        @Min(0)
        Double perturbation,
    @JsonPropertyDescription(
            "With initialization signal-to-noise, the signal-to-noise ratio in decibels. Defaults to 10.")
        Double signalToNoiseDecibels) {

  private static final double DEFAULT_SHARE = 1.0 / 3;
  private static final double DEFAULT_PERTURBATION = 0.1;
  private static final double DEFAULT_DECIBELS = 10;

  public static final BaselineSpec DEFAULT =
      new BaselineSpec(DEFAULT_SHARE, DEFAULT_PERTURBATION, DEFAULT_DECIBELS);

  public BaselineSpec {
    unevenShare = Objects.requireNonNullElse(unevenShare, DEFAULT_SHARE);
    perturbation = Objects.requireNonNullElse(perturbation, DEFAULT_PERTURBATION);
    signalToNoiseDecibels = Objects.requireNonNullElse(signalToNoiseDecibels, DEFAULT_DECIBELS);
  }
}
