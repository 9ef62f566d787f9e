package dev.sparkling.expander.run;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sparkling.expander.plan.NewEntries;
import dev.sparkling.expander.plan.Sharing;
import dev.sparkling.expander.plan.TensorPlan;
import dev.sparkling.expander.plan.Widening;
import dev.sparkling.expander.widen.RowSums;
import dev.sparkling.pipeline.error.CorruptCheckpoint;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class VerificationTest {

  private static final TensorPlan PLAN =
      new TensorPlan(
          "m",
          List.of(100L, 100L),
          List.of(100L, 200L),
          new Widening(NewEntries.COPY, NewEntries.COPY, 1, new Sharing.None(), NewEntries.COPY));

  @Test
  void aMatrixThatKeepsTheRatioPasses() {
    Verification.check("here", Map.of("m", PLAN), List.of(report(100)), 0.05);
  }

  /** Four times the mean square is twice the root. */
  @Test
  void aMatrixWithoutItsFactorIsNamedWithWhatIsAllowed() {
    assertThatThrownBy(
            () -> Verification.check("here", Map.of("m", PLAN), List.of(report(400)), 0.05))
        .isInstanceOf(CorruptCheckpoint.class)
        .hasMessage(
            "here: 1 widened tensors do not keep the size of what goes through them: m changes"
                + " RMS(y)/RMS(x) by the factor 2.000; within 0.005 of 1 is allowed");
  }

  /** Half as wide again, with one column in three copied: 0.93 of what it was, as if by chance. */
  @Test
  void aMatrixWhoseColumnsDifferPassesWhereItIsAllowed() {
    TensorPlan plan =
        new TensorPlan("m", List.of(100L, 100L), List.of(100L, 150L), PLAN.widening());
    List<TensorReport> reports =
        List.of(TensorReport.of(plan, new RowSums(100, 100, 0, 100, 150, 86.5)));
    Verification.check("here", Map.of("m", plan), reports, 0.1);
    assertThatThrownBy(() -> Verification.check("here", Map.of("m", plan), reports, 0.03))
        .isInstanceOf(CorruptCheckpoint.class)
        .hasMessageContaining("m changes RMS(y)/RMS(x) by the factor 0.930; within 0.058 of 1");
  }

  private static TensorReport report(double mapped) {
    return TensorReport.of(PLAN, new RowSums(100, 100, 0, 100, 200, mapped));
  }
}
