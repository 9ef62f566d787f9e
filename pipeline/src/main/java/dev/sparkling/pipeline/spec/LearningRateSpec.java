package dev.sparkling.pipeline.spec;

import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import java.util.Objects;

/**
 * The original curve over the steps of all stages (paper App. D).
 *
 * @param warmupFraction of all steps
 * @param finalRatio last rate over {@code peak}
 */
public record LearningRateSpec(
    LearningRateSchedule schedule,
    @Required @Min(value = 0, inclusive = false) double peak,
    @Min(0) @Max(1) Double warmupFraction,
    @Min(0) @Max(1) Double finalRatio) {

  private static final double DEFAULT_WARMUP_FRACTION = 0.03;
  private static final double DEFAULT_FINAL_RATIO = 0.01;

  static final LearningRateSpec EMPTY =
      new LearningRateSpec(
          LearningRateSchedule.COSINE, 0, DEFAULT_WARMUP_FRACTION, DEFAULT_FINAL_RATIO);

  public LearningRateSpec {
    schedule = Objects.requireNonNullElse(schedule, LearningRateSchedule.COSINE);
    warmupFraction = Objects.requireNonNullElse(warmupFraction, DEFAULT_WARMUP_FRACTION);
    finalRatio = Objects.requireNonNullElse(finalRatio, DEFAULT_FINAL_RATIO);
  }
}
