package dev.sparkling.checkpoint.random;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class TensorRandomTest {

  private static final int COUNT = 1_000_000;

  @Test
  void valuesDependOnSeedNameAndRowOnly() {
    assertThat(row(1, "a", 0)).isEqualTo(row(1, "a", 0));
    assertThat(row(1, "a", 0)).isNotEqualTo(row(2, "a", 0));
    assertThat(row(1, "a", 0)).isNotEqualTo(row(1, "b", 0));
    assertThat(row(1, "a", 0)).isNotEqualTo(row(1, "a", 1));
  }

  @Test
  void aShorterRowIsAPrefixOfALongerOne() {
    float[] shorter = new float[5];
    new TensorRandom(1, "a").fillRow(0, shorter, 1);
    assertThat(row(1, "a", 0)).startsWith(shorter);
  }

  /** Bounds are 5 standard errors of a million standard normal values. */
  @Test
  void momentsAreThoseOfTheStandardNormal() {
    float[] values = new float[COUNT];
    new TensorRandom(3, "moments").fillRow(0, values, 2.0);
    double mean = 0;
    double square = 0;
    double fourth = 0;
    for (float value : values) {
      double z = value / 2.0;
      mean += z / COUNT;
      square += z * z / COUNT;
      fourth += z * z * z * z / COUNT;
    }
    assertThat(mean).isCloseTo(0, within(5 / Math.sqrt(COUNT)));
    assertThat(square).isCloseTo(1, within(5 * Math.sqrt(2.0 / COUNT)));
    assertThat(fourth).isCloseTo(3, within(5 * Math.sqrt(96.0 / COUNT)));
  }

  @Test
  void neighboringRowsAreUncorrelated() {
    float[] left = new float[COUNT];
    float[] right = new float[COUNT];
    TensorRandom random = new TensorRandom(3, "rows");
    random.fillRow(7, left, 1);
    random.fillRow(8, right, 1);
    double product = 0;
    for (int i = 0; i < COUNT; i++) {
      product += (double) left[i] * right[i] / COUNT;
    }
    assertThat(product).isCloseTo(0, within(5 / Math.sqrt(COUNT)));
  }

  /** Computed once, in Python; a change would silently change every run's initial weights. */
  @Test
  void valuesNeverChangeBetweenVersions() {
    assertThat(row(42, "model.embed_tokens.weight", 3)).startsWith(GOLDEN);
  }

  private static final float[] GOLDEN = {0.7644968f, 1.2079751f, -0.9203603f, -0.53674525f};

  private static float[] row(long seed, String name, long row) {
    float[] values = new float[8];
    new TensorRandom(seed, name).fillRow(row, values, 1);
    return values;
  }
}
