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
import dev.sparkling.checkpoint.model.ModelConfiguration;
import dev.sparkling.checkpoint.model.TensorRole;
import dev.sparkling.checkpoint.model.TestModels;
import dev.sparkling.checkpoint.random.TensorRandom;
import dev.sparkling.pipeline.spec.model.Initialization;
import dev.sparkling.pipeline.spec.model.OptimizerStateStrategy;
import dev.sparkling.pipeline.spec.training.OptimizerSpec;
import dev.sparkling.pipeline.spec.training.OptimizerType;
import dev.sparkling.trainer.TestTorch;
import dev.sparkling.trainer.model.layout.Parameter;
import dev.sparkling.trainer.model.layout.Parameter.PackedTensor;
import dev.sparkling.trainer.model.layout.ParameterLayout;
import dev.sparkling.trainer.model.state.ParameterState;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * Muon on a model of experts that was widened three times: both axes, then the inner one, then the
 * hidden one.
 */
class MuonBlocksTest {

  private static final OptimizerSpec SPEC =
      new OptimizerSpec(OptimizerType.MUON, List.of(0.9, 0.95), 1e-8, 0.1, 0.95);
  private static final List<Widths> WIDTHS =
      List.of(new Widths(8, 6), new Widths(12, 9), new Widths(12, 15), new Widths(16, 15));
  private static final ModelConfiguration WIDEST = TestModels.moe(false).widened(16, 15, 1);

  /** Unordered, so that the highest rate is neither the first block's nor the last's. */
  private static final List<Double> RATES = List.of(0.01, 0.04, 0.02, 0.03);

  private static final int STEPS = 3;

  /** Float rounding of some tens of operations on numbers near 1, three times. */
  private static final float ROUNDING = 5e-5f;

  @Test
  void everyEntryOfEveryMatrixMovesAtTheRateOfTheFirstWidthsThatContainIt() {
    for (Parameter parameter : ParameterLayout.of(WIDEST).all()) {
      if (parameter.role() != TensorRole.MATRIX) {
        continue;
      }
      List<float[]> atOneRate = new ArrayList<>();
      for (double rate : RATES) {
        atOneRate.add(after(parameter, List.of(rate, rate, rate, rate), 1));
      }
      float[] byBlocks = after(parameter, RATES, 1);
      for (int i = 0; i < byBlocks.length; i++) {
        int block = block(parameter, i);
        assertThat(byBlocks[i])
            .as("%s %d, block %d", parameter.name(), i, block)
            .isCloseTo(atOneRate.get(block)[i], within(ROUNDING));
      }
    }
  }

  /** Adds up the updates of one entry by the definition. */
  @Test
  void overSeveralStepsEachBlockFollowsItsOwnRateAndDecay() {
    Parameter down = ParameterLayout.of(WIDEST).layers().getFirst().attention().output();
    double[] rate = RATES.stream().mapToDouble(Double::doubleValue).toArray();
    // Gradients are given, so that updates are independent of the weights. Without decay, weights
    // move by the rate times the sum of the updates.
    List<float[]> path = new ArrayList<>();
    for (int steps = 0; steps <= STEPS; steps++) {
      path.add(after(withoutDecay(), down, List.of(1.0, 1.0, 1.0, 1.0), steps));
    }
    float[] byBlocks = after(down, RATES, STEPS);
    for (int i = 0; i < byBlocks.length; i++) {
      double ofBlock = rate[block(down, i)];
      double expected = path.getFirst()[i];
      for (int step = 1; step <= STEPS; step++) {
        double update = path.get(step)[i] - path.get(step - 1)[i];
        expected = expected * (1 - ofBlock * SPEC.weightDecay()) + ofBlock * update;
      }
      assertThat(byBlocks[i]).as("entry " + i).isCloseTo((float) expected, within(ROUNDING));
    }
  }

  @Test
  void packedQueriesKeysAndValuesMoveAsSeparateOnes() {
    Parameter joined = ParameterLayout.of(WIDEST).layers().getFirst().attention().queryKeyValue();
    float[] together = after(joined, RATES, STEPS);
    for (PackedTensor packed : joined.tensors()) {
      Parameter alone =
          new Parameter(
              packed.name(),
              TensorRole.MATRIX,
              packed.shape(),
              List.of(Axis.HEADS, Axis.HIDDEN),
              List.of(new PackedTensor(packed.name(), packed.shape(), 0)));
      float[] separate = after(alone, RATES, STEPS);
      for (int i = 0; i < separate.length; i++) {
        assertThat(together[(int) packed.offset() + i])
            .as(packed.name() + " " + i)
            .isCloseTo(separate[i], within(ROUNDING));
      }
    }
  }

  /** The block of an entry, computed without slices. */
  private static int block(Parameter parameter, int entry) {
    int rest = entry;
    long hidden = 0;
    long inner = 0;
    for (int axis = parameter.shape().size() - 1; axis >= 0; axis--) {
      int size = Math.toIntExact(parameter.shape().get(axis));
      if (parameter.axes().get(axis) == Axis.HIDDEN) {
        hidden = rest % size;
      } else if (parameter.axes().get(axis) == Axis.INNER) {
        inner = rest % size;
      }
      rest /= size;
    }
    int block = 0;
    while (hidden >= WIDTHS.get(block).hiddenSize() || inner >= WIDTHS.get(block).innerSize()) {
      block++;
    }
    return block;
  }

  private static OptimizerSpec withoutDecay() {
    return new OptimizerSpec(SPEC.type(), SPEC.betas(), SPEC.eps(), 0.0, SPEC.momentum());
  }

  private static float[] after(Parameter parameter, List<Double> rates, int steps) {
    return after(SPEC, parameter, rates, steps);
  }

  private static float[] after(
      OptimizerSpec spec, Parameter parameter, List<Double> rates, int steps) {
    try (NDManager manager = TestTorch.start().newManager()) {
      Shape shape = new Shape(parameter.shape().stream().mapToLong(Long::longValue).toArray());
      NDArray value = manager.create(random(parameter, "value"), shape);
      NDArray gradient = manager.zeros(shape);
      ParameterState state =
          new ParameterState(
              parameter, value, gradient, Map.of(Moment.MOMENTUM, manager.zeros(shape)));
      Optimizer optimizer = Optimizer.of(spec, List.of(state), trainerState(), manager);
      for (int step = 1; step <= steps; step++) {
        gradient.muli(0).addi(manager.create(random(parameter, "gradient" + step), shape));
        optimizer.update(step, rates, TestDecisions.update(manager));
      }
      return value.toFloatArray();
    }
  }

  /** Values by Hugging Face tensor, so that packed tensors hold the same ones as separate ones. */
  private static float[] random(Parameter parameter, String what) {
    float[] all = new float[Math.toIntExact(parameter.elements())];
    for (PackedTensor packed : parameter.tensors()) {
      float[] values = new float[Math.toIntExact(packed.elements())];
      new TensorRandom(1, packed.name() + what).fillRow(0, values, 1);
      System.arraycopy(values, 0, all, (int) packed.offset(), values.length);
    }
    return all;
  }

  private static TrainerState trainerState() {
    List<ExpansionRecord> expansions = new ArrayList<>();
    for (Widths widths : WIDTHS.subList(1, WIDTHS.size())) {
      expansions.add(
          new ExpansionRecord(
              10L * (expansions.size() + 1),
              widths,
              Initialization.COPY_COPY,
              OptimizerStateStrategy.ASYMMETRIC,
              1.3,
              5));
    }
    return new TrainerState(0, 0, 1, 2, "", "", WIDTHS.getFirst(), Map.of(), expansions);
  }
}
