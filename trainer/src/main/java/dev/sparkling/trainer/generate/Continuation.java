package dev.sparkling.trainer.generate;

import dev.sparkling.pipeline.error.UserError;
import dev.sparkling.trainer.model.pass.Transformer;
import java.util.Arrays;
import java.util.function.LongConsumer;

/**
 * A sequence and its continuation, one token at a time. Each token takes a forward pass over the
 * whole sequence, which is fast enough to inspect a model but too slow to serve one.
 *
 * @param tokens tokens of the prompt, then new ones without the separator
 * @param end reason why no more tokens follow
 */
@SuppressWarnings("ArrayRecordComponent") // Read once, never compared.
public record Continuation(long[] tokens, GenerationEnd end) {

  /** The reason why a continuation ends. */
  public enum GenerationEnd {
    /** The model ended the document. */
    SEPARATOR,
    /** The requested number of tokens has been generated. */
    MAX_TOKENS,
    /** The sequence has reached its maximum length. */
    POSITIONS
  }

  /**
   * Limits of a continuation.
   *
   * @param maxTokens maximum number of new tokens
   * @param positions maximum length of the whole sequence; at least that of the prompt
   * @param vocabularySize number of tokens of the tokenizer; a model may have more logits
   * @param separator token that ends a document
   */
  public record GenerationLimits(int maxTokens, int positions, int vocabularySize, int separator) {}

  /**
   * Continues a prompt.
   *
   * @param prompt at least one token
   * @param each receives every new token as soon as it is chosen
   * @throws UserError if the model's logits are not finite
   */
  public static Continuation of(
      Transformer transformer,
      long[] prompt,
      GenerationLimits limits,
      Sampler sampler,
      LongConsumer each) {
    long[] tokens = prompt.clone();
    while (tokens.length < prompt.length + limits.maxTokens()) {
      if (tokens.length == limits.positions()) {
        return new Continuation(tokens, GenerationEnd.POSITIONS);
      }
      float[] logits = transformer.lastLogits(tokens);
      int known = Math.min(logits.length, limits.vocabularySize());
      int token = sampler.next(checked(Arrays.copyOf(logits, known), tokens.length));
      if (token == limits.separator()) {
        return new Continuation(tokens, GenerationEnd.SEPARATOR);
      }
      tokens = Arrays.copyOf(tokens, tokens.length + 1);
      tokens[tokens.length - 1] = token;
      each.accept(token);
    }
    return new Continuation(tokens, GenerationEnd.MAX_TOKENS);
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
