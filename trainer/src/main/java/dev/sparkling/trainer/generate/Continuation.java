package dev.sparkling.trainer.generate;

import ai.djl.ndarray.NDArray;
import dev.sparkling.pipeline.error.UserError;
import dev.sparkling.trainer.model.Transformer;
import dev.sparkling.trainer.model.Weights;
import java.util.Arrays;
import java.util.function.LongConsumer;

/**
 * Continues a sequence a token at a time. The whole sequence is passed through the model for each:
 * this is to look at a model, not to serve one.
 *
 * @param tokens the prompt's and the new ones, without the separator
 */
@SuppressWarnings("ArrayRecordComponent") // Handed on once and never compared.
public record Continuation(long[] tokens, End end) {

  /** Why it ends. */
  public enum End {
    /** The model ended the document. */
    SEPARATOR,
    /** As many tokens as were asked for. */
    MAX_TOKENS,
    /** The model was trained on no longer sequences. */
    POSITIONS
  }

  /**
   * How far to go.
   *
   * @param maxTokens new ones at most
   * @param positions of the whole sequence at most, not below the prompt's
   * @param vocabularySize tokens that have a text; a model may have room for more
   * @param separator token that ends a document
   */
  public record Limits(int maxTokens, int positions, int vocabularySize, int separator) {}

  /**
   * Continues a prompt.
   *
   * @param prompt tokens, at least one
   * @param each told of every new token when it is known
   * @throws UserError where the model's logits are not finite
   */
  public static Continuation of(
      Transformer transformer,
      Weights<NDArray> weights,
      long[] prompt,
      Limits limits,
      Sampler sampler,
      LongConsumer each) {
    long[] tokens = prompt.clone();
    while (tokens.length < prompt.length + limits.maxTokens()) {
      if (tokens.length == limits.positions()) {
        return new Continuation(tokens, End.POSITIONS);
      }
      float[] logits = transformer.lastLogits(weights, tokens);
      int known = Math.min(logits.length, limits.vocabularySize());
      int token = sampler.next(checked(Arrays.copyOf(logits, known), tokens.length));
      if (token == limits.separator()) {
        return new Continuation(tokens, End.SEPARATOR);
      }
      tokens = Arrays.copyOf(tokens, tokens.length + 1);
      tokens[tokens.length - 1] = token;
      each.accept(token);
    }
    return new Continuation(tokens, End.MAX_TOKENS);
  }

  private static float[] checked(float[] logits, int position) {
    for (int i = 0; i < logits.length; i++) {
      if (!Float.isFinite(logits[i])) {
        throw new UserError(
            "the model's logit of token %d after %d tokens is %s; finite weights are needed"
                .formatted(i, position, logits[i]));
      }
    }
    return logits;
  }
}
