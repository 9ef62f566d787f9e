package dev.sparkling.pipeline.job;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import dev.sparkling.pipeline.status.CheckpointStatus;
import dev.sparkling.pipeline.status.TrainingFigures;
import org.jspecify.annotations.Nullable;

/**
 * The progress of a stage's training, which a trainer returns for {@code GET /progress}. Readers
 * ignore unknown keys, so that an operator may be older than a trainer. The groups exist in Java
 * only: JSON is flat.
 *
 * @param lastStep last step of the stage
 * @param figures progress, loss and speed; the speed is the mean over the last steps
 * @param start evaluation before the stage's first step, right after the expansion
 * @param checkpoint newest complete checkpoint of the stage
 * @param updatedAt time of the last update, in RFC 3339; changes with every step
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
   * @param firstValidationLoss validation loss in nats per token
   * @param firstHiddenRms root mean square of the last hidden state
   */
  public record StageStart(@Nullable Double firstValidationLoss, @Nullable Double firstHiddenRms) {
    /** Values of a stage that has not been evaluated yet. */
    public static final StageStart UNKNOWN = new StageStart(null, null);
  }

  /**
   * Further measurements of the newest step.
   *
   * @param gradientNorm norm of all gradients before clipping
   * @param modelFlopsUtilization FLOPs of the step's matrix products, relative to those of the
   *     machine's fastest product of large matrices in the same time
   */
  public record StepDiagnostics(
      @Nullable Double gradientNorm, @Nullable Double modelFlopsUtilization) {
    /** Values before the first step. */
    public static final StepDiagnostics UNKNOWN = new StepDiagnostics(null, null);
  }
}
