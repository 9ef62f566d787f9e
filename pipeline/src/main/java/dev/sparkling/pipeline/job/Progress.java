package dev.sparkling.pipeline.job;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import dev.sparkling.pipeline.status.CheckpointStatus;
import dev.sparkling.pipeline.status.TrainingFigures;
import org.jspecify.annotations.Nullable;

/**
 * How far a stage's training is; a trainer answers {@code GET /progress} with it. Readers ignore
 * keys that they do not know, so that an operator may be older than a trainer. The groups are for
 * Java only: in JSON their fields stand side by side.
 *
 * @param lastStep of the stage
 * @param figures over the whole run; the speed is a mean over the last steps
 * @param start what was measured before the stage's first step: right after the expansion
 * @param checkpoint the newest complete one of the stage
 * @param updatedAt RFC 3339; moves with every step
 */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Progress(
    String stage,
    long lastStep,
    @JsonUnwrapped TrainingFigures figures,
    @JsonUnwrapped StageStart start,
    @JsonUnwrapped StepDiagnostics diagnostics,
    @Nullable CheckpointStatus checkpoint,
    String updatedAt) {

  /**
   * The evaluation before a stage's first step.
   *
   * @param firstValidationLoss in nats a token
   * @param firstHiddenRms root mean square of the last hidden state
   */
  public record StageStart(@Nullable Double firstValidationLoss, @Nullable Double firstHiddenRms) {
    /** Not measured. */
    public static final StageStart UNKNOWN = new StageStart(null, null);
  }

  /**
   * What else the newest step showed.
   *
   * @param gradientNorm before clipping
   * @param modelFlopsUtilization FLOPs of the step's matrix products over those that the machine's
   *     best product of large matrices would have done meanwhile
   */
  public record StepDiagnostics(
      @Nullable Double gradientNorm, @Nullable Double modelFlopsUtilization) {
    /** Not measured. */
    public static final StepDiagnostics UNKNOWN = new StepDiagnostics(null, null);
  }
}
