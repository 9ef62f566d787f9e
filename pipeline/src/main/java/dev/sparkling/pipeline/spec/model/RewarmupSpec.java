package dev.sparkling.pipeline.spec.model;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Min;
import java.util.Objects;

/**
 * The learning rate of new entries after an expansion (Eq. 25 to 28 of the paper; the defaults are
 * from its appendix H). {@code ratio} is the paper's rho, {@code steps} its tau_w.
 */
public record RewarmupSpec(
    @JsonPropertyDescription(
            "Peak learning rate of the new entries, relative to that of the old entries at the expansion. Defaults to 1.3.")
        @Min(value = 0, inclusive = false)
        Double ratio,
    @JsonPropertyDescription("Number of steps of the linear rise to the peak. Defaults to 250.")
        @Min(0)
        Integer steps) {

  private static final double DEFAULT_RATIO = 1.3;
  private static final int DEFAULT_STEPS = 250;

  static final RewarmupSpec DEFAULT = new RewarmupSpec(DEFAULT_RATIO, DEFAULT_STEPS);

  public RewarmupSpec {
    ratio = Objects.requireNonNullElse(ratio, DEFAULT_RATIO);
    steps = Objects.requireNonNullElse(steps, DEFAULT_STEPS);
  }
}
