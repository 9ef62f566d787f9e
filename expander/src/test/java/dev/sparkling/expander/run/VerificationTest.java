package dev.sparkling.expander.run;

import static org.assertj.core.api.Assertions.as;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;

import dev.sparkling.expander.plan.NewEntries;
import dev.sparkling.expander.plan.Sharing;
import dev.sparkling.expander.plan.TensorPlan;
import dev.sparkling.expander.plan.Widening;
import dev.sparkling.expander.widen.RowSums;
import dev.sparkling.pipeline.error.CorruptCheckpoint;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VerificationTest {

  private static final TensorPlan PLAN =
      new TensorPlan(
          "m",
          List.of(100L, 100L),
          List.of(100L, 200L),
          new Widening(NewEntries.COPY, NewEntries.COPY, 1, new Sharing.Whole(), NewEntries.COPY));

  @Test
  void aMatrixThatKeepsTheRatioPasses() {
    assertThat(check(PLAN, 100, 0.05)).isEmpty();
  }

  /** 1.21 times the mean square is 1.1 times its root. */
  @Test
  void aMatrixThatIsCopiedEvenlyMayNotDeviateAtAll() {
    assertThat(check(PLAN, 121, 0.5))
        .containsExactly(
            "RMS(y)/RMS(x) of 1 widened matrices changes by a factor outside of the tolerance of"
                + " 0.5: m by 1.100");
  }

  /** At 1.5x, where one column in three is a copy: 0.93 is within 0.05 and 4 standard errors. */
  @Test
  void aMatrixWhoseColumnsDifferWarnsBeyondTheTolerance() {
    TensorPlan plan =
        new TensorPlan("m", List.of(100L, 100L), List.of(100L, 150L), PLAN.widening());
    assertThat(check(plan, 86.5, 0.1)).isEmpty();
    assertThat(check(plan, 86.5, 0.03))
        .containsExactly(
            "RMS(y)/RMS(x) of 1 widened matrices changes by a factor outside of the tolerance of"
                + " 0.03: m by 0.930");
  }

  @ParameterizedTest
  @CsvSource({"910, 3.017", "11, 0.332", "NaN, NaN", "Infinity, Infinity"})
  void aRatioThatNoModelExplainsIsCorrupt(double mapped, String change) {
    assertThatThrownBy(() -> check(PLAN, mapped, 100))
        .isInstanceOf(CorruptCheckpoint.class)
        .hasMessage(
            "here: RMS(y)/RMS(x) of 1 widened matrices changes by more than a factor of 3: m by "
                + change);
  }

  @Test
  void theWorstAreNamedFirst() {
    Map<String, TensorPlan> plans = new LinkedHashMap<>();
    List<TensorReport> reports = new ArrayList<>();
    for (int i = 1; i <= 7; i++) {
      TensorPlan plan = new TensorPlan("m" + i, PLAN.shape(), PLAN.newShape(), PLAN.widening());
      plans.put(plan.name(), plan);
      reports.add(report(plan, 100 + 10 * i));
    }
    assertThat(Verification.check("here", plans, reports, 0.05))
        .singleElement(as(STRING))
        .contains("of 7 widened matrices")
        .endsWith("m7 by 1.304, m6 by 1.265, m5 by 1.225, m4 by 1.183, m3 by 1.140 and 2 more");
  }

  private static List<String> check(TensorPlan plan, double mapped, double tolerance) {
    return Verification.check("here", Map.of("m", plan), List.of(report(plan, mapped)), tolerance);
  }

  private static TensorReport report(TensorPlan plan, double mapped) {
    return TensorReport.of(plan, new RowSums(100, 100, 100, 200, mapped));
  }
}
