package dev.sparkling.pipeline.status;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import org.jspecify.annotations.Nullable;

/** Progress, loss and speed of a stage's training. */
@JsonIgnoreProperties(ignoreUnknown = true)
public record TrainingFigures(
    @JsonPropertyDescription("Newest step, counted from 1 over the whole run.") long step,
    @JsonPropertyDescription("Number of tokens trained so far, counted over the whole run.")
        long tokens,
    @JsonPropertyDescription("Loss of the newest step's batch, in nats per token.")
        @Nullable Double loss,
    @JsonPropertyDescription("Newest validation loss, in nats per token.")
        @Nullable Double validationLoss,
    @JsonPropertyDescription("Training speed in tokens per second, as measured last.")
        @Nullable Double tokensPerSecond) {

  /** Returns the figures of a stage that has not trained yet. */
  public static TrainingFigures at(long step, long tokens) {
    return new TrainingFigures(step, tokens, null, null, null);
  }

  /** Returns newer figures, with the values that they lack taken from these. */
  public TrainingFigures updatedBy(TrainingFigures newer) {
    return new TrainingFigures(
        newer.step,
        newer.tokens,
        newer.loss == null ? loss : newer.loss,
        newer.validationLoss == null ? validationLoss : newer.validationLoss,
        newer.tokensPerSecond == null ? tokensPerSecond : newer.tokensPerSecond);
  }

  /** Returns these figures at another step. */
  public TrainingFigures movedTo(long newStep, long newTokens) {
    return new TrainingFigures(newStep, newTokens, loss, validationLoss, tokensPerSecond);
  }

  /** Returns these figures with another validation loss. */
  public TrainingFigures withValidationLoss(double newLoss) {
    return new TrainingFigures(step, tokens, loss, newLoss, tokensPerSecond);
  }

  /** Returns these figures with another speed. */
  public TrainingFigures withTokensPerSecond(double newSpeed) {
    return new TrainingFigures(step, tokens, loss, validationLoss, newSpeed);
  }
}
