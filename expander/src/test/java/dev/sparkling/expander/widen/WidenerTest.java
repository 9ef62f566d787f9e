package dev.sparkling.expander.widen;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sparkling.checkpoint.random.TensorRandom;
import dev.sparkling.expander.plan.NewEntries;
import dev.sparkling.expander.plan.TensorPlan;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WidenerTest {

  @Test
  void copiesRowsAndColumnsByHand() {
    float[] widened = widen(plan(2, 2, 3, 5, NewEntries.COPY, 0.5), new float[] {1, 2, 3, 4});
    assertThat(widened)
        .containsExactly(
            0.5f, 1, 0.5f, 1, 0.5f, //
            1.5f, 2, 1.5f, 2, 1.5f, //
            0.5f, 1, 0.5f, 1, 0.5f);
  }

  @Test
  void putsZerosAroundAMomentByHand() {
    float[] widened = widen(plan(2, 2, 3, 3, NewEntries.ZERO, 1), new float[] {1, 2, 3, 4});
    assertThat(widened).containsExactly(1, 2, 0, 3, 4, 0, 0, 0, 0);
  }

  @Test
  void vectorIsOneRow() {
    TensorPlan plan = new TensorPlan("v", List.of(2L), List.of(5L), NewEntries.COPY, 1);
    assertThat(widen(plan, new float[] {1, 2})).containsExactly(1, 2, 1, 2, 1);
  }

  @Test
  void keepsEveryBitOfTheOldBlockWhereThereIsNoFactor() {
    float[] odd = {Float.NaN, -0.0f, Float.MIN_VALUE, Float.POSITIVE_INFINITY};
    float[] widened = widen(plan(2, 2, 2, 4, NewEntries.ZERO, 1), odd);
    assertThat(Float.floatToRawIntBits(widened[0])).isEqualTo(Float.floatToRawIntBits(odd[0]));
    assertThat(Float.floatToRawIntBits(widened[1])).isEqualTo(Float.floatToRawIntBits(odd[1]));
    assertThat(widened[4]).isEqualTo(Float.MIN_VALUE);
    assertThat(widened[5]).isEqualTo(Float.POSITIVE_INFINITY);
  }

  /** Any shape against an index at a time. */
  @ParameterizedTest
  @CsvSource({"5, 7, 5, 8", "5, 7, 6, 7", "5, 7, 11, 15", "5, 7, 20, 29", "1, 1, 3, 4"})
  void agreesWithTheDefinition(int rows, int columns, int newRows, int newColumns) {
    float[] source = new float[rows * columns];
    new TensorRandom(1, "source").fillRow(0, source, 1);
    for (NewEntries newEntries : NewEntries.values()) {
      TensorPlan plan = plan(rows, columns, newRows, newColumns, newEntries, 0.632455);
      float[] widened = widen(plan, source);
      for (int r = 0; r < newRows; r++) {
        for (int c = 0; c < newColumns; c++) {
          boolean old = r < rows && c < columns;
          float expected =
              old || newEntries == NewEntries.COPY
                  ? source[r % rows * columns + c % columns] * (float) 0.632455
                  : 0;
          assertThat(widened[r * newColumns + c]).isEqualTo(expected);
        }
      }
    }
  }

  private static TensorPlan plan(
      long rows,
      long columns,
      long newRows,
      long newColumns,
      NewEntries newEntries,
      double factor) {
    return new TensorPlan(
        "m", List.of(rows, columns), List.of(newRows, newColumns), newEntries, factor);
  }

  private static float[] widen(TensorPlan plan, float[] source) {
    try (Arena arena = Arena.ofConfined()) {
      long elements = plan.newShape().stream().reduce(1L, (a, b) -> a * b);
      MemorySegment target = arena.allocate(ValueLayout.JAVA_FLOAT, elements);
      target.fill((byte) 0x55);
      Widener.widen(plan, arena.allocateFrom(ValueLayout.JAVA_FLOAT, source), target);
      return target.toArray(ValueLayout.JAVA_FLOAT);
    }
  }
}
