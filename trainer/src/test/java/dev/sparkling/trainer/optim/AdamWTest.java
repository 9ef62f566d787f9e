package dev.sparkling.trainer.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.sparkling.checkpoint.format.Moment;
import dev.sparkling.checkpoint.format.TrainerState;
import dev.sparkling.checkpoint.format.TrainerState.ExpansionRecord;
import dev.sparkling.checkpoint.format.TrainerState.Widths;
import dev.sparkling.checkpoint.model.Axis;
import dev.sparkling.checkpoint.model.TensorRole;
import dev.sparkling.checkpoint.random.TensorRandom;
import dev.sparkling.pipeline.spec.model.Initialization;
import dev.sparkling.pipeline.spec.model.OptimizerStateStrategy;
import dev.sparkling.pipeline.spec.training.OptimizerSpec;
import dev.sparkling.pipeline.spec.training.OptimizerType;
import dev.sparkling.trainer.TestTorch;
import dev.sparkling.trainer.model.layout.Parameter;
import dev.sparkling.trainer.model.layout.Parameter.PackedTensor;
import dev.sparkling.trainer.model.state.ParameterState;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A matrix of 6 x 5 whose 4 x 3 corner is old. */
class AdamWTest {

  private static final OptimizerSpec SPEC =
      new OptimizerSpec(OptimizerType.ADAMW, List.of(0.9, 0.95), 1e-8, 0.1, 0.95);
  private static final int ROWS = 6;
  private static final int COLUMNS = 5;
  private static final Parameter PARAMETER =
      new Parameter(
          "p",
          TensorRole.MATRIX,
          List.of((long) ROWS, (long) COLUMNS),
          List.of(Axis.HIDDEN, Axis.INNER),
          List.of(new PackedTensor("p", List.of((long) ROWS, (long) COLUMNS), 0)));

  /** Float rounding of a few operations on numbers near 1. */
  private static final double ROUNDING = 2e-6;

  @Test
  void firstStepMovesEveryEntryAsComputedByHand() {
    // m = (1-b1) g, v = (1-b2) g^2; both corrections cancel, so the step is rate * sign(g), after
    // the decay rate * 0.1 * p.
    try (NDManager manager = TestTorch.start().newManager()) {
      ParameterState state = state(manager);
      float[] before = state.value().toFloatArray();
      float[] gradients = state.gradient().toFloatArray();
      new AdamW(SPEC, List.of(state), trainerState(false), manager)
          .update(1, List.of(0.01), TestDecisions.update(manager));
      float[] after = state.value().toFloatArray();
      for (int i = 0; i < before.length; i++) {
        double expected = before[i] * (1 - 0.01 * 0.1) - 0.01 * Math.signum(gradients[i]);
        assertThat(after[i]).isCloseTo((float) expected, within((float) ROUNDING));
      }
    }
  }

  @Test
  void everyBlockMovesAtItsOwnRate() {
    float[] atOldRate = afterSteps(false, List.of(0.01));
    float[] atNewRate = afterSteps(false, List.of(0.03));
    float[] byBlocks = afterSteps(true, List.of(0.01, 0.03));
    for (int i = 0; i < byBlocks.length; i++) {
      boolean old = i / COLUMNS < 4 && i % COLUMNS < 3;
      assertThat(byBlocks[i])
          .as("entry " + i)
          .isCloseTo(old ? atOldRate[i] : atNewRate[i], within((float) ROUNDING));
    }
  }

  @Test
  void skippedUpdateChangesNothingEvenIfGradientsAreNotFinite() {
    try (NDManager manager = TestTorch.start().newManager()) {
      ParameterState state = state(manager);
      float[] before = state.value().toFloatArray();
      state.gradient().muli(Float.NaN);
      new AdamW(SPEC, List.of(state), trainerState(true), manager)
          .update(1, List.of(0.01, 0.03), TestDecisions.skip(manager));
      assertThat(state.value().toFloatArray()).isEqualTo(before);
      assertThat(state.moment(Moment.FIRST).toFloatArray()).containsOnly(0);
      assertThat(state.moment(Moment.SECOND).toFloatArray()).containsOnly(0);
    }
  }

  @Test
  void gradientsAreDividedByTheDivisorFirst() {
    try (NDManager manager = TestTorch.start().newManager()) {
      ParameterState divided = state(manager);
      ParameterState half = state(manager);
      half.gradient().divi(2);
      new AdamW(SPEC, List.of(divided), trainerState(true), manager)
          .update(1, List.of(0.01, 0.03), TestDecisions.divide(manager, 2));
      new AdamW(SPEC, List.of(half), trainerState(true), manager)
          .update(1, List.of(0.01, 0.03), TestDecisions.update(manager));
      assertThat(divided.value().toFloatArray()).isEqualTo(half.value().toFloatArray());
      assertThat(divided.moment(Moment.SECOND).toFloatArray())
          .isEqualTo(half.moment(Moment.SECOND).toFloatArray());
    }
  }

  private static float[] afterSteps(boolean expanded, List<Double> rates) {
    try (NDManager manager = TestTorch.start().newManager()) {
      ParameterState state = state(manager);
      AdamW adamW = new AdamW(SPEC, List.of(state), trainerState(expanded), manager);
      for (int step = 1; step <= 5; step++) {
        adamW.update(step, rates, TestDecisions.update(manager));
      }
      return state.value().toFloatArray();
    }
  }

  private static ParameterState state(NDManager manager) {
    Shape shape = new Shape(ROWS, COLUMNS);
    return new ParameterState(
        PARAMETER,
        random(manager, "value"),
        random(manager, "gradient"),
        Map.of(Moment.FIRST, manager.zeros(shape), Moment.SECOND, manager.zeros(shape)));
  }

  private static NDArray random(NDManager manager, String name) {
    float[] values = new float[ROWS * COLUMNS];
    new TensorRandom(1, name).fillRow(0, values, 1);
    return manager.create(values, new Shape(ROWS, COLUMNS));
  }

  private static TrainerState trainerState(boolean expanded) {
    Widths wide = new Widths(ROWS, COLUMNS);
    return expanded
        ? new TrainerState(
            0,
            0,
            1,
            2,
            "",
            "",
            new Widths(4, 3),
            Map.of(),
            List.of(
                new ExpansionRecord(
                    0, wide, Initialization.COPY_COPY, OptimizerStateStrategy.ASYMMETRIC, 1.3, 10)))
        : new TrainerState(0, 0, 1, 2, "", "", wide, Map.of(), List.of());
  }
}
