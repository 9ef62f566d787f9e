package dev.sparkling.trainer.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class SamplerTest {

  /** Probabilities 0.5, 0.3, 0.15 and 0.05. */
  private static final float[] LOGITS = {
    (float) Math.log(0.15), (float) Math.log(0.5), (float) Math.log(0.05), (float) Math.log(0.3)
  };

  private static final int DRAWS = 20_000;

  /** Four standard deviations of a share of 0.5 of the draws. */
  private static final double CHANCE = 4 * Math.sqrt(0.25 / DRAWS);

  @Test
  void temperatureOfZeroTakesTheMostLikelyTokenAndTheFirstOfEquals() {
    assertThat(new Sampler(0, 1, 1).next(LOGITS)).isEqualTo(1);
    assertThat(new Sampler(0, 0.1, 1).next(new float[] {1, 2, 2})).isEqualTo(1);
  }

  @Test
  void temperatureOfOneDrawsByTheProbabilities() {
    assertShares(new Sampler(1, 1, 1), 0.15, 0.5, 0.05, 0.3);
  }

  @Test
  void lowTemperatureSharpensTheProbabilities() {
    // Half the temperature squares probabilities: 0.0225, 0.25, 0.0025, 0.09, which sum to 0.365.
    assertShares(new Sampler(0.5, 1, 1), 0.0616, 0.6849, 0.0068, 0.2466);
  }

  @Test
  void topPKeepsTheSmallestSetWithThatProbability() {
    assertShares(new Sampler(1, 0.5, 1), 0, 1, 0, 0);
    assertShares(new Sampler(1, 0.79, 1), 0, 0.625, 0, 0.375);
    assertShares(new Sampler(1, 0.9, 1), 0.1579, 0.5263, 0, 0.3158);
  }

  @Test
  void seedDeterminesTheDraws() {
    assertThat(draws(new Sampler(1, 1, 7))).isEqualTo(draws(new Sampler(1, 1, 7)));
    assertThat(draws(new Sampler(1, 1, 7))).isNotEqualTo(draws(new Sampler(1, 1, 8)));
  }

  @Test
  void hugeLogitsDoNotOverflow() {
    assertThat(new Sampler(0.01, 1, 1).next(new float[] {3e38f, -3e38f})).isZero();
  }

  @Test
  void valuesOutOfRangeAreRefused() {
    assertThatThrownBy(() -> new Sampler(-1, 1, 1)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Sampler(1, 0, 1)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Sampler(1, 1.1, 1)).isInstanceOf(IllegalArgumentException.class);
  }

  private static void assertShares(Sampler sampler, double... expected) {
    int[] counts = new int[expected.length];
    for (int i = 0; i < DRAWS; i++) {
      counts[sampler.next(LOGITS)]++;
    }
    for (int i = 0; i < expected.length; i++) {
      assertThat(counts[i] / (double) DRAWS)
          .as("token " + i)
          .isCloseTo(expected[i], within(CHANCE));
    }
  }

  private static int[] draws(Sampler sampler) {
    int[] tokens = new int[50];
    for (int i = 0; i < tokens.length; i++) {
      tokens[i] = sampler.next(LOGITS);
    }
    return tokens;
  }
}
