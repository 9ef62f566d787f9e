package dev.sparkling.expander.widen;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sparkling.checkpoint.safetensors.DType;
import dev.sparkling.expander.plan.NewEntries;
import dev.sparkling.expander.plan.Sharing;
import dev.sparkling.expander.plan.TensorPlan;
import dev.sparkling.expander.plan.Widening;
import dev.sparkling.pipeline.error.CorruptCheckpoint;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Rows of two columns that become three or four. */
class RowCheckTest {

  private static final Widening COPIED = Widening.of(NewEntries.COPY, NewEntries.COPY, 0.3);

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"F32", "BF16", "F16"})
  void anOldEntryThatIsOffByOneBitIsCorrupt(DType type) {
    assertThatThrownBy(() -> checkDamaged(plan(COPIED, 3), type, 1))
        .isInstanceOf(CorruptCheckpoint.class)
        .hasMessageStartingWith("here: m: row 0, column 1 is ")
        .hasMessageContaining("; expected 0.6")
        .hasMessageEndingWith(", the old value times 0.3");
  }

  @Test
  void anOldEntryThatIsSharedIsCheckedToo() {
    Widening naive =
        new Widening(NewEntries.COPY, NewEntries.COPY, 1, new Sharing.Even(0), NewEntries.COPY);
    assertThatThrownBy(() -> checkDamaged(plan(naive, 4), DType.F32, 0))
        .isInstanceOf(CorruptCheckpoint.class)
        .hasMessageEndingWith("; expected 0.5, the old value times 0.5");
  }

  @Test
  void anEntryThatIsNotZeroWhereItMustBeIsCorrupt() {
    Widening zeros = Widening.of(NewEntries.ZERO, NewEntries.ZERO, 1);
    assertThatThrownBy(() -> checkDamaged(plan(zeros, 4), DType.F32, 3))
        .isInstanceOf(CorruptCheckpoint.class)
        .hasMessage("here: m: row 0, column 3 is 1.4E-45; expected 0");
  }

  /** Below 2^-14 the spacing is 2^-24, which is large relative to the value. */
  @Test
  void aSubnormalHalfPrecisionEntryIsRoundedLikeAnyOther() {
    float tiny = 3 * 0x1p-24f;
    MemorySegment source = stored(DType.F16, tiny, -tiny);
    assertThat(check(plan(COPIED, 3), DType.F16, source, -1).oldRows()).isEqualTo(1);
  }

  private static void checkDamaged(TensorPlan plan, DType type, int column) {
    check(plan, type, stored(type, 1, 2), column);
  }

  /**
   * Widens a row and checks it.
   *
   * @param damaged column whose last bit is flipped before the check; -1 for none
   */
  private static RowSums check(TensorPlan plan, DType type, MemorySegment source, int damaged) {
    int bytes = Math.toIntExact(plan.wideColumns() * type.bytes());
    MemorySegment target = MemorySegment.ofArray(new byte[bytes]);
    new TensorWidener(plan, type, 1, Distribution.NONE).widen(0, source, 0, target, 0);
    if (damaged >= 0) {
      long at = (long) damaged * type.bytes();
      byte lowest = target.get(ValueLayout.JAVA_BYTE, at);
      target.set(ValueLayout.JAVA_BYTE, at, (byte) (lowest ^ 1));
    }
    RowCheck check = new RowCheck("here", plan, type);
    check.check(0, source, 0, target, 0);
    return check.sums();
  }

  private static MemorySegment stored(DType type, float... values) {
    MemorySegment stored = MemorySegment.ofArray(new byte[values.length * type.bytes()]);
    Elements.of(type).store(values, values.length, new short[values.length], stored, 0);
    return stored;
  }

  private static TensorPlan plan(Widening widening, long wideColumns) {
    return new TensorPlan("m", List.of(1L, 2L), List.of(1L, wideColumns), widening);
  }
}
