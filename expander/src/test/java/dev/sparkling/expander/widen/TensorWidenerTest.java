package dev.sparkling.expander.widen;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sparkling.checkpoint.safetensors.DType;
import dev.sparkling.expander.plan.NewEntries;
import dev.sparkling.expander.plan.Sharing;
import dev.sparkling.expander.plan.TensorPlan;
import dev.sparkling.expander.plan.Widening;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class TensorWidenerTest {

  private static final long SEED = 7;

  @Example
  void copiesRowsAndColumnsByHand() {
    assertThat(widen(plan(2, 2, 3, 5, NewEntries.COPY, 0.5), 1, 2, 3, 4))
        .containsExactly(
            0.5f, 1, 0.5f, 1, 0.5f, //
            1.5f, 2, 1.5f, 2, 1.5f, //
            0.5f, 1, 0.5f, 1, 0.5f);
  }

  @Example
  void putsZerosAroundAMomentByHand() {
    assertThat(widen(plan(2, 2, 3, 3, NewEntries.ZERO, 1), 1, 2, 3, 4))
        .containsExactly(1, 2, 0, 3, 4, 0, 0, 0, 0);
  }

  @Example
  void vectorIsOneRow() {
    TensorPlan plan =
        new TensorPlan(
            "v", List.of(2L), List.of(5L), Widening.of(NewEntries.COPY, NewEntries.COPY, 1));
    assertThat(widen(plan, 1, 2)).containsExactly(1, 2, 1, 2, 1);
  }

  @Example
  void sharesByHand() {
    assertThat(widen(shared(new Sharing.Even(0), 5), 12, 12))
        .containsExactly(new float[] {4, 6, 4, 6, 4}, within(1e-6f));
    assertThat(widen(shared(new Sharing.Uneven(0.25), 5), 8, 8)).containsExactly(2, 2, 3, 6, 3);
    assertThat(widen(shared(new Sharing.Uneven(0.25), 3), 8, 8)).containsExactly(2, 8, 6);
  }

  @Example
  void keepsEveryBitOfTheOldBlockWhereThereIsNoFactor() {
    int odd = 0x7fc12345; // a NaN with a payload
    float[] widened =
        widen(
            plan(1, 3, 1, 6, NewEntries.ZERO, 1),
            Float.intBitsToFloat(odd),
            -0.0f,
            Float.MIN_VALUE);
    assertThat(Float.floatToRawIntBits(widened[0])).isEqualTo(odd);
    assertThat(Float.floatToRawIntBits(widened[1])).isEqualTo(Float.floatToRawIntBits(-0.0f));
    assertThat(widened[2]).isEqualTo(Float.MIN_VALUE);
  }

  @Example
  void aClearedTensorKeepsNoOldEntry() {
    TensorPlan plan = plan(1, 2, 1, 3, NewEntries.ZERO, Widening.CLEARED);
    assertThat(widen(plan, Float.NaN, 3)).containsExactly(0, 0, 0);
  }

  /** Compares every combination with the definition. */
  @Property(tries = 3000)
  void agreesWithTheDefinition(
      @ForAll("plans") TensorPlan plan, @ForAll("types") DType type, @ForAll Random random) {
    float[] old = new float[(int) (plan.rows() * plan.columns())];
    for (int i = 0; i < old.length; i++) {
      old[i] = (float) random.nextGaussian(0.1, 1);
    }
    MemorySegment source = store(old, type);
    Elements.of(type).load(source, 0, old, old.length);
    float[] widened = widen(plan, type, source);
    ReferenceWidener expected = new ReferenceWidener(plan, old, type, SEED);
    int columns = (int) plan.wideColumns();
    for (int i = 0; i < widened.length; i++) {
      assertThat(widened[i])
          .as("%s of row %d, column %d", plan, i / columns, i % columns)
          .isEqualTo(expected.entry(i / columns, i % columns));
    }
  }

  /** A row does not depend on which other rows are made, or in which order. */
  @Property(tries = 300)
  void rowsMayBeMadeInAnyOrder(@ForAll("plans") TensorPlan plan, @ForAll Random random) {
    float[] old = new float[(int) (plan.rows() * plan.columns())];
    for (int i = 0; i < old.length; i++) {
      old[i] = random.nextFloat();
    }
    MemorySegment source = store(old, DType.F32);
    float[] forward = widen(plan, DType.F32, source);
    TensorWidener widener =
        new TensorWidener(plan, DType.F32, SEED, distribution(source, DType.F32));
    int columns = (int) plan.wideColumns();
    MemorySegment row = MemorySegment.ofArray(new float[columns]);
    for (int r = (int) plan.wideRows() - 1; r >= 0; r--) {
      long from = r % plan.rows() * plan.columns() * Float.BYTES;
      widener.widen(r, source, from, row, 0);
      assertThat(floats(row, DType.F32, columns))
          .containsExactly(Arrays.copyOfRange(forward, r * columns, r * columns + columns));
    }
  }

  @Property(tries = 50)
  void aRandomBlockHasTheOldOnesMeanAndDeviation(@ForAll Random random) {
    long width = 64;
    float[] old = new float[(int) (width * width)];
    for (int i = 0; i < old.length; i++) {
      old[i] = (float) random.nextGaussian(0.5, 2);
    }
    TensorPlan plan = plan(width, width, 2 * width, 2 * width, NewEntries.RANDOM, 1);
    float[] widened = widen(plan, DType.F32, store(old, DType.F32));
    double sum = 0;
    double squares = 0;
    int count = 0;
    for (int i = 0; i < widened.length; i++) {
      if (i / (2 * width) >= width || i % (2 * width) >= width) {
        sum += widened[i];
        squares += (double) widened[i] * widened[i];
        count++;
      }
    }
    double mean = sum / count;
    // 12,288 draws after 4,096 old values: six of their common standard errors, 0.036 and 0.026.
    assertThat(mean).isBetween(0.5 - 0.22, 0.5 + 0.22);
    assertThat(Math.sqrt(squares / count - mean * mean)).isBetween(2 - 0.16, 2 + 0.16);
  }

  @Property(tries = 2000)
  void aBrainFloatIsRoundedToTheNearest(@ForAll float value) {
    MemorySegment stored = MemorySegment.ofArray(new short[1]);
    float[] one = {value};
    Elements.BF16.store(one, 1, new short[1], stored, 0);
    Elements.BF16.load(stored, 0, one, 1);
    if (Float.isNaN(value)) {
      assertThat(one[0]).isNaN();
    } else if (!Float.isInfinite(one[0])) {
      double step = Math.max(Math.ulp(value) * 0x1p16, 0x1p-133);
      assertThat(Math.abs((double) one[0] - value)).isLessThanOrEqualTo(step / 2);
    }
  }

  @Provide
  Arbitrary<DType> types() {
    return Arbitraries.of(DType.F32, DType.BF16, DType.F16);
  }

  @Provide
  Arbitrary<TensorPlan> plans() {
    Arbitrary<Integer> sizes = Arbitraries.integers().between(1, 9);
    Arbitrary<Integer> growths = Arbitraries.integers().between(0, 24);
    Arbitrary<NewEntries> entries = Arbitraries.of(NewEntries.values());
    Arbitrary<Double> factors = Arbitraries.of(1.0, 0.5, 0.632455532, 0.25, Widening.CLEARED);
    Arbitrary<Sharing> sharings =
        Arbitraries.of(
            new Sharing.Whole(),
            new Sharing.Even(0),
            new Sharing.Even(0.3),
            new Sharing.Uneven(1.0 / 3));
    return Combinators.combine(sizes, sizes, growths, growths, entries, entries, factors, sharings)
        .as(
            (rows, columns, moreRows, moreColumns, newRows, newColumns, factor, sharing) -> {
              boolean shared = !(sharing instanceof Sharing.Whole);
              return new TensorPlan(
                  "m",
                  List.of((long) rows, (long) columns),
                  List.of((long) rows + moreRows, (long) columns + moreColumns),
                  new Widening(
                      shared ? NewEntries.COPY : newRows,
                      shared ? NewEntries.COPY : newColumns,
                      shared ? 1 : factor,
                      sharing,
                      null));
            });
  }

  private static TensorPlan plan(
      long rows, long columns, long newRows, long newColumns, NewEntries entries, double factor) {
    return new TensorPlan(
        "m",
        List.of(rows, columns),
        List.of(newRows, newColumns),
        Widening.of(entries, entries, factor));
  }

  /** Plans one row of two columns. */
  private static TensorPlan shared(Sharing sharing, long newColumns) {
    return new TensorPlan(
        "m",
        List.of(1L, 2L),
        List.of(1L, newColumns),
        new Widening(NewEntries.COPY, NewEntries.COPY, 1, sharing, null));
  }

  private static float[] widen(TensorPlan plan, float... source) {
    return widen(plan, DType.F32, store(source, DType.F32));
  }

  /** Widens and checks each row. */
  private static float[] widen(TensorPlan plan, DType type, MemorySegment source) {
    TensorWidener widener = new TensorWidener(plan, type, SEED, distribution(source, type));
    RowCheck check = new RowCheck("here", plan, type);
    int rows = (int) plan.wideRows();
    int columns = (int) plan.wideColumns();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment target = arena.allocate((long) rows * columns * type.bytes());
      target.fill((byte) 0x55);
      for (int row = 0; row < rows; row++) {
        long from = row % plan.rows() * plan.columns() * type.bytes();
        long to = (long) row * columns * type.bytes();
        widener.widen(row, source, from, target, to);
        check.check(row, source, from, target, to);
      }
      return floats(target, type, rows * columns);
    }
  }

  private static Distribution distribution(MemorySegment source, DType type) {
    DistributionSums sums = new DistributionSums(type);
    sums.add(source);
    return sums.distribution();
  }

  private static MemorySegment store(float[] values, DType type) {
    MemorySegment stored = MemorySegment.ofArray(new byte[values.length * type.bytes()]);
    Elements.of(type).store(values, values.length, new short[values.length], stored, 0);
    return stored;
  }

  private static float[] floats(MemorySegment values, DType type, int count) {
    float[] floats = new float[count];
    Elements.of(type).load(values, 0, floats, count);
    return floats;
  }
}
