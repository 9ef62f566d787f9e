package dev.sparkling.pipeline.status;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import org.jspecify.annotations.Nullable;

/** How far a stage's training is, and how well and fast it goes. */
@JsonIgnoreProperties(ignoreUnknown = true)
public record TrainingFigures(
    @JsonPropertyDescription("Newest step, counted from 1 over the whole run") long step,
    @JsonPropertyDescription("Tokens trained so far, counted over the whole run") long tokens,
    @JsonPropertyDescription("Loss of the newest step's batch, in nats a token")
        @Nullable Double loss,
    @JsonPropertyDescription("Newest validation loss, in nats a token")
        @Nullable Double validationLoss,
    @JsonPropertyDescription("Tokens trained a second, measured last")
        @Nullable Double tokensPerSecond) {

  /** The figures of a stage that has not trained yet. */
  public static TrainingFigures at(long step, long tokens) {
    return new TrainingFigures(step, tokens, null, null, null);
  }

  /** The newer figures; what they leave out keeps its value here. */
  public TrainingFigures updatedBy(TrainingFigures newer) {
    return new TrainingFigures(
        newer.step,
        newer.tokens,
        newer.loss == null ? loss : newer.loss,
        newer.validationLoss == null ? validationLoss : newer.validationLoss,
        newer.tokensPerSecond == null ? tokensPerSecond : newer.tokensPerSecond);
  }

  /** The same at another step, with its tokens. */
  public TrainingFigures movedTo(long newStep, long newTokens) {
    return new TrainingFigures(newStep, newTokens, loss, validationLoss, tokensPerSecond);
  }

  /** The same with another validation loss. */
  public TrainingFigures withValidationLoss(double newLoss) {
    return new TrainingFigures(step, tokens, loss, newLoss, tokensPerSecond);
  }
}
