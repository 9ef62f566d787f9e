package dev.sparkling.trainer.generate;

import java.util.Arrays;
import java.util.Comparator;
import java.util.Random;

/**
 * Chooses the next token from logits. Source of top-p, or nucleus sampling: Holtzman et al. 2019,
 * "The Curious Case of Neural Text Degeneration".
 */
public final class Sampler {

  private final double temperature;
  private final double topP;
  private final Random random;

  /**
   * Creates a sampler, whose choices are a function of the seed and of all logits so far.
   *
   * @param temperature number that the logits are divided by; 0 always chooses the largest logit
   * @param topP greater than 0, at most 1: tokens are drawn from the smallest set of most likely
   *     tokens whose probabilities add up to at least this
   */
  public Sampler(double temperature, double topP, long seed) {
    if (!(temperature >= 0 && Double.isFinite(temperature))) {
      throw new IllegalArgumentException("temperature " + temperature);
    }
    if (!(topP > 0 && topP <= 1)) {
      throw new IllegalArgumentException("topP " + topP);
    }
    this.temperature = temperature;
    this.topP = topP;
    this.random = new Random(seed); // its sequence is specified by the JDK
  }

  /**
   * Chooses the next token.
   *
   * @param logits logit of each token, all finite
   */
  public int next(float[] logits) {
    int largest = largest(logits);
    if (temperature == 0) {
      return largest;
    }
    double[] weights = new double[logits.length];
    for (int i = 0; i < weights.length; i++) {
      // Relative to the largest logit, so that no exponential overflows at a low temperature.
      weights[i] = Math.exp((logits[i] - (double) logits[largest]) / temperature);
    }
    return draw(weights, likeliest(weights));
  }

  /** Returns the index of the largest logit, the first of equal ones. */
  private static int largest(float[] logits) {
    int largest = 0;
    for (int i = 1; i < logits.length; i++) {
      if (logits[i] > logits[largest]) {
        largest = i;
      }
    }
    return largest;
  }

  /** Returns the tokens to draw from, the most likely first. */
  private int[] likeliest(double[] weights) {
    Integer[] tokens = new Integer[weights.length];
    Arrays.setAll(tokens, i -> i);
    if (topP < 1) {
      Arrays.sort(tokens, Comparator.comparingDouble(token -> -weights[token])); // stable
    }
    double needed = topP * Arrays.stream(weights).sum();
    double together = 0;
    int count = 0;
    while (count < tokens.length && together < needed) {
      together += weights[tokens[count]];
      count++;
    }
    int[] kept = new int[count];
    Arrays.setAll(kept, i -> tokens[i]);
    return kept;
  }

  private int draw(double[] weights, int[] tokens) {
    double place = random.nextDouble() * Arrays.stream(tokens).mapToDouble(t -> weights[t]).sum();
    for (int token : tokens) {
      place -= weights[token];
      if (place < 0) {
        return token;
      }
    }
    return tokens[tokens.length - 1]; // rounding may leave a remainder
  }
}
