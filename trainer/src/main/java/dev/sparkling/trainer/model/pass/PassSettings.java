package dev.sparkling.trainer.model.pass;

import dev.sparkling.pipeline.spec.training.BalancingSpec;
import dev.sparkling.pipeline.spec.training.Recomputation;
import dev.sparkling.pipeline.spec.training.TrainingSpec;
import java.util.OptionalLong;

/**
 * Settings of forward and backward passes.
 *
 * @param sequenceLength number of tokens per sequence
 * @param balancing router losses, whose gradients are added to those of the loss
 * @param recomputation what the backward pass recomputes
 * @param separator token that ends a document, to which attention is then confined; empty for no
 *     document masking
 */
public record PassSettings(
    int sequenceLength,
    BalancingSpec balancing,
    Recomputation recomputation,
    OptionalLong separator) {

  /**
   * Returns the settings for training.
   *
   * @param separator token that ends a document in the training data
   */
  public static PassSettings of(TrainingSpec training, long separator) {
    return new PassSettings(
        training.sequenceLength(),
        training.balancing(),
        training.recomputation(),
        training.documentMasking() ? OptionalLong.of(separator) : OptionalLong.empty());
  }

  /** Returns the settings for forward passes only, without document masking. */
  public static PassSettings forward(int sequenceLength) {
    return forward(sequenceLength, OptionalLong.empty());
  }

  /**
   * Returns the settings for forward passes only.
   *
   * @param separator token that ends a document; empty for no document masking
   */
  public static PassSettings forward(int sequenceLength, OptionalLong separator) {
    return new PassSettings(sequenceLength, BalancingSpec.NONE, Recomputation.NONE, separator);
  }
}
