package dev.sparkling.trainer.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SampleOrderTest {

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 16, 17, 1000, 4097})
  void everyPassHasEverySequenceOnce(long count) {
    SampleOrder order = new SampleOrder(7, count);
    for (long pass = 0; pass < 3; pass++) {
      long first = pass * count;
      assertThat(LongStream.range(first, first + count).map(order::sequence).sorted().toArray())
          .isEqualTo(LongStream.range(0, count).toArray());
    }
  }

  @Test
  void orderIsAPureFunctionOfSeedAndSample() {
    assertThat(first100(new SampleOrder(7, 1000))).isEqualTo(first100(new SampleOrder(7, 1000)));
    assertThat(first100(new SampleOrder(7, 1000))).isNotEqualTo(first100(new SampleOrder(8, 1000)));
  }

  @Test
  void passesDiffer() {
    SampleOrder order = new SampleOrder(7, 100);
    assertThat(LongStream.range(0, 100).map(order::sequence).toArray())
        .isNotEqualTo(LongStream.range(100, 200).map(order::sequence).toArray());
  }

  /** In a random permutation, neighbors are a third of the range apart on average. */
  @Test
  void neighborsAreFarApart() {
    long[] order = LongStream.range(0, 10_000).map(new SampleOrder(7, 10_000)::sequence).toArray();
    double distance = 0;
    for (int i = 1; i < order.length; i++) {
      distance += Math.abs(order[i] - order[i - 1]) / (double) (order.length - 1);
    }
    assertThat(distance).isBetween(0.3 * order.length, 0.37 * order.length);
  }

  private static long[] first100(SampleOrder order) {
    return LongStream.range(0, 100).map(order::sequence).toArray();
  }
}
