package dev.sparkling.pipeline.spec.training;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import java.util.Objects;

/** The learning rate schedule of the whole run (appendix D of the paper). */
public record LearningRateSpec(
    @JsonPropertyDescription(
            "Shape of the schedule after the warm-up: cosine, or wsd (warmup-stable-decay). Defaults to cosine.")
        LearningRateSchedule schedule,
    @JsonPropertyDescription("Highest learning rate, reached at the end of the warm-up.")
        @Required
        @Min(value = 0, inclusive = false)
        double peak,
    @JsonPropertyDescription(
            "Fraction of all steps, 0 to 1, over which the rate rises to its peak. Defaults to 0.03.")
        @Min(0)
        @Max(1)
        Double warmupFraction,
    @JsonPropertyDescription("Last rate as a fraction of the peak, 0 to 1. Defaults to 0.01.")
        @Min(0)
        @Max(1)
        Double finalRatio,
    @JsonPropertyDescription(
            "Fraction of all steps, 0 to 1, over which the rate falls at the end of the run; for wsd only. Defaults to 0.2.")
        @Min(0)
        @Max(1)
        Double decayFraction) {

  private static final double DEFAULT_WARMUP_FRACTION = 0.03;
  private static final double DEFAULT_FINAL_RATIO = 0.01;
  private static final double DEFAULT_DECAY_FRACTION = 0.2;

  static final LearningRateSpec DEFAULTS =
      new LearningRateSpec(
          LearningRateSchedule.COSINE,
          0,
          DEFAULT_WARMUP_FRACTION,
          DEFAULT_FINAL_RATIO,
          DEFAULT_DECAY_FRACTION);

  public LearningRateSpec {
    schedule = Objects.requireNonNullElse(schedule, LearningRateSchedule.COSINE);
    warmupFraction = Objects.requireNonNullElse(warmupFraction, DEFAULT_WARMUP_FRACTION);
    finalRatio = Objects.requireNonNullElse(finalRatio, DEFAULT_FINAL_RATIO);
    decayFraction = Objects.requireNonNullElse(decayFraction, DEFAULT_DECAY_FRACTION);
  }
}
