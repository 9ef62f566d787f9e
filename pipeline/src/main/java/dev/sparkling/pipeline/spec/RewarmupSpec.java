package dev.sparkling.pipeline.spec;

import io.fabric8.generator.annotation.Min;
import java.util.Objects;

/**
 * The curve of new entries after an expansion (paper Eq. 25-28, defaults App. H).
 *
 * @param ratio {@code rho}: peak of the new curve over the original curve's rate at the expansion
 * @param steps {@code tau_w}: steps of the linear rise
 */
public record RewarmupSpec(@Min(value = 0, inclusive = false) Double ratio, @Min(0) Integer steps) {

  private static final double DEFAULT_RATIO = 1.3;
  private static final int DEFAULT_STEPS = 250;

  static final RewarmupSpec DEFAULT = new RewarmupSpec(DEFAULT_RATIO, DEFAULT_STEPS);

  public RewarmupSpec {
    ratio = Objects.requireNonNullElse(ratio, DEFAULT_RATIO);
    steps = Objects.requireNonNullElse(steps, DEFAULT_STEPS);
  }
}
