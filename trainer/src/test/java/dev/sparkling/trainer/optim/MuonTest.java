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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Two matrices of 3 x 4 and one of 5 x 4, packed into a parameter of 11 x 4. */
class MuonTest {

  private static final OptimizerSpec SPEC =
      new OptimizerSpec(OptimizerType.MUON, List.of(0.9, 0.95), 1e-8, 0.1, 0.95);
  private static final List<PackedTensor> TENSORS =
      List.of(
          new PackedTensor("a", List.of(3L, 4L), 0),
          new PackedTensor("b", List.of(3L, 4L), 12),
          new PackedTensor("c", List.of(5L, 4L), 24));
  private static final double RATE = 0.01;

  /** Float rounding of some tens of operations on numbers near 1. */
  private static final float ROUNDING = 2e-5f;

  @Test
  void oneStepFollowsTheDefinitionForEachMatrixByItself() {
    try (NDManager manager = TestTorch.start().newManager()) {
      ParameterState state = state(manager);
      float[] before = state.value().toFloatArray();
      float[] gradient = state.gradient().toFloatArray();
      optimizer(state, false, manager).update(1, List.of(RATE), TestDecisions.update(manager));
      float[] after = state.value().toFloatArray();
      float[] momentum = state.moment(Moment.MOMENTUM).toFloatArray();
      for (PackedTensor packed : TENSORS) {
        int rows = Math.toIntExact(packed.shape().get(0));
        double[][] update = new double[rows][4];
        for (int r = 0; r < rows; r++) {
          for (int c = 0; c < 4; c++) {
            int at = (int) packed.offset() + r * 4 + c;
            double buffer = 0.05 * gradient[at];
            assertThat(momentum[at]).isCloseTo((float) buffer, within(ROUNDING));
            update[r][c] = gradient[at] + 0.95 * (buffer - gradient[at]);
          }
        }
        double[][] orthogonal = orthogonalize(update);
        for (int r = 0; r < rows; r++) {
          for (int c = 0; c < 4; c++) {
            int at = (int) packed.offset() + r * 4 + c;
            double scale = 0.2 * Math.sqrt(Math.max(rows, 4));
            double expected = before[at] * (1 - RATE * 0.1) - RATE * scale * orthogonal[r][c];
            assertThat(after[at]).as(packed.name()).isCloseTo((float) expected, within(ROUNDING));
          }
        }
      }
    }
  }

  @Test
  void everyBlockMovesAtItsOwnRate() {
    float[] atOldRate = afterOneStep(false, List.of(0.01));
    float[] atNewRate = afterOneStep(false, List.of(0.03));
    float[] byBlocks = afterOneStep(true, List.of(0.01, 0.03));
    for (int i = 0; i < byBlocks.length; i++) {
      boolean old = i % 4 < 2;
      assertThat(byBlocks[i])
          .as("entry " + i)
          .isCloseTo(old ? atOldRate[i] : atNewRate[i], within(ROUNDING));
    }
  }

  @Test
  void skippedUpdateChangesNothingEvenIfGradientsAreNotFinite() {
    try (NDManager manager = TestTorch.start().newManager()) {
      ParameterState state = state(manager);
      float[] before = state.value().toFloatArray();
      state.gradient().muli(Float.NaN);
      optimizer(state, true, manager).update(1, List.of(0.01, 0.03), TestDecisions.skip(manager));
      assertThat(state.value().toFloatArray()).isEqualTo(before);
      assertThat(state.moment(Moment.MOMENTUM).toFloatArray()).containsOnly(0);
    }
  }

  /** The definition, in plain loops. */
  private static double[][] orthogonalize(double[][] update) {
    if (update.length > update[0].length) {
      return transpose(orthogonalize(transpose(update)));
    }
    double norm = 0;
    for (double[] row : update) {
      for (double value : row) {
        norm += value * value;
      }
    }
    double[][] x = combine(update, 1 / Math.sqrt(norm), update, 0);
    for (int i = 0; i < 5; i++) {
      double[][] gram = product(x, transpose(x));
      double[][] polynomial = combine(gram, -4.7750, product(gram, gram), 2.0315);
      x = combine(x, 3.4445, product(polynomial, x), 1);
    }
    return x;
  }

  private static double[][] product(double[][] a, double[][] b) {
    double[][] result = new double[a.length][b[0].length];
    for (int i = 0; i < a.length; i++) {
      for (int j = 0; j < b[0].length; j++) {
        for (int k = 0; k < b.length; k++) {
          result[i][j] += a[i][k] * b[k][j];
        }
      }
    }
    return result;
  }

  private static double[][] transpose(double[][] a) {
    double[][] result = new double[a[0].length][a.length];
    for (int i = 0; i < a.length; i++) {
      for (int j = 0; j < a[0].length; j++) {
        result[j][i] = a[i][j];
      }
    }
    return result;
  }

  private static double[][] combine(double[][] a, double ofA, double[][] b, double ofB) {
    double[][] result = new double[a.length][a[0].length];
    for (int i = 0; i < a.length; i++) {
      for (int j = 0; j < a[0].length; j++) {
        result[i][j] = ofA * a[i][j] + ofB * b[i][j];
      }
    }
    return result;
  }

  private static float[] afterOneStep(boolean expanded, List<Double> rates) {
    try (NDManager manager = TestTorch.start().newManager()) {
      ParameterState state = state(manager);
      optimizer(state, expanded, manager).update(1, rates, TestDecisions.update(manager));
      return state.value().toFloatArray();
    }
  }

  private static Optimizer optimizer(ParameterState state, boolean expanded, NDManager manager) {
    List<ExpansionRecord> expansions = new ArrayList<>();
    if (expanded) {
      expansions.add(
          new ExpansionRecord(
              0,
              new Widths(4, 1),
              Initialization.COPY_COPY,
              OptimizerStateStrategy.ASYMMETRIC,
              1.3,
              10));
    }
    TrainerState trainerState =
        new TrainerState(0, 0, 1, 2, "", "", new Widths(expanded ? 2 : 4, 1), Map.of(), expansions);
    return Optimizer.of(SPEC, List.of(state), trainerState, manager);
  }

  private static ParameterState state(NDManager manager) {
    Parameter parameter =
        new Parameter(
            "p", TensorRole.MATRIX, List.of(11L, 4L), List.of(Axis.HEADS, Axis.HIDDEN), TENSORS);
    return new ParameterState(
        parameter,
        random(manager, "value"),
        random(manager, "gradient"),
        Map.of(Moment.MOMENTUM, manager.zeros(new Shape(11, 4))));
  }

  private static NDArray random(NDManager manager, String name) {
    float[] values = new float[44];
    new TensorRandom(1, name).fillRow(0, values, 1);
    return manager.create(values, new Shape(11, 4));
  }
}
