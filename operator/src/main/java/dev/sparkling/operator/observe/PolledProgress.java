package dev.sparkling.operator.observe;

import dev.sparkling.pipeline.job.Progress;
import dev.sparkling.pipeline.plan.StagePlan;
import dev.sparkling.pipeline.status.TrainingFigures;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * The progress that a running trainer returned. It is for display only: a pod may run any image and
 * the response is not authenticated, so it never proves that a stage is complete (docs/adr/0008).
 *
 * @param pod name of the pod that answered
 */
public record PolledProgress(String pod, Progress progress) {

  /**
   * Whether the figures can be those of a stage: steps and tokens in range, other values finite.
   */
  boolean isPlausibleFor(StagePlan stage, long tokensPerStep) {
    TrainingFigures figures = progress.figures();
    return figures.step() >= stage.firstStep()
        && figures.step() <= stage.lastStep()
        && figures.tokens() >= 0
        && figures.tokens() <= stage.lastStep() * tokensPerStep
        && Stream.of(
                figures.loss(),
                figures.validationLoss(),
                figures.tokensPerSecond(),
                progress.start().firstValidationLoss(),
                progress.start().firstHiddenRms())
            .filter(Objects::nonNull)
            .allMatch(Double::isFinite);
  }
}
