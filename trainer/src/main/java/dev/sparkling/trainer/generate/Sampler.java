package dev.sparkling.trainer.generate;

import java.util.Arrays;
import java.util.Comparator;
import java.util.Random;

/**
 * Chooses the next token from logits. Top-p, or nucleus sampling, is of Holtzman et al. 2019, "The
 * Curious Case of Neural Text Degeneration".
 */
public final class Sampler {

  private final double temperature;
  private final double topP;
  private final Random random;

  /**
   * A sampler whose choices are a function of the seed and the logits that it was given so far.
   *
   * @param temperature divides the logits; 0 always takes the largest
   * @param topP above 0, at most 1: only the likeliest tokens are drawn from, as few as have this
   *     probability together
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
    this.random = new Random(seed); // whose numbers the JDK's specification fixes
  }

  /**
   * The next token.
   *
   * @param logits of the tokens, all finite
   */
  public int next(float[] logits) {
    int largest = largest(logits);
    if (temperature == 0) {
      return largest;
    }
    double[] weights = new double[logits.length];
    for (int i = 0; i < weights.length; i++) {
      // Less the largest first: no exponential overflows, however low the temperature.
      weights[i] = Math.exp((logits[i] - (double) logits[largest]) / temperature);
    }
    return draw(weights, likeliest(weights));
  }

  /** Of equals the first one. */
  private static int largest(float[] logits) {
    int largest = 0;
    for (int i = 1; i < logits.length; i++) {
      if (logits[i] > logits[largest]) {
        largest = i;
      }
    }
    return largest;
  }

  /** The tokens to draw from, the likeliest first. */
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
    return tokens[tokens.length - 1]; // where rounding leaves a little of the sum
  }
}
