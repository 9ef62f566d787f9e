package dev.sparkling.trainer.optim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sparkling.checkpoint.format.TrainerState;
import dev.sparkling.checkpoint.format.TrainerState.ExpansionRecord;
import dev.sparkling.checkpoint.format.TrainerState.Widths;
import dev.sparkling.checkpoint.model.Axis;
import dev.sparkling.checkpoint.model.ModelConfiguration;
import dev.sparkling.checkpoint.model.TestModels;
import dev.sparkling.pipeline.spec.model.Initialization;
import dev.sparkling.pipeline.spec.model.OptimizerStateStrategy;
import dev.sparkling.trainer.model.layout.Parameter;
import dev.sparkling.trainer.model.layout.ParameterLayout;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ParameterSliceTest {

  /** Expansions of both axes, then of one, then of the other. */
  private static final List<ExpansionRecord> EXPANSIONS =
      List.of(
          new ExpansionRecord(
              10,
              new Widths(12, 9),
              Initialization.COPY_COPY,
              OptimizerStateStrategy.ASYMMETRIC,
              1.3,
              5),
          new ExpansionRecord(
              20,
              new Widths(12, 15),
              Initialization.COPY_COPY,
              OptimizerStateStrategy.ASYMMETRIC,
              1.3,
              5),
          new ExpansionRecord(
              30,
              new Widths(16, 15),
              Initialization.COPY_COPY,
              OptimizerStateStrategy.ASYMMETRIC,
              1.3,
              5));

  private static final ModelConfiguration WIDEST = TestModels.moe(false).widened(16, 15, 1);

  @Test
  void parameterThatNeverGrewIsOneSlice() {
    TrainerState state = state(List.of());
    for (Parameter parameter : ParameterLayout.of(TestModels.moe(false)).all()) {
      assertThat(ParameterSlice.of(parameter, state)).hasSize(1);
    }
  }

  @Test
  void headNormStaysOneSliceThroughExpansions() {
    Parameter norm = ParameterLayout.of(WIDEST).layers().getFirst().attention().queryNorm();
    assertThat(ParameterSlice.of(norm, state(EXPANSIONS))).hasSize(1);
  }

  /** By the definition, an entry's block is that of the first widths that contain it. */
  @Test
  void everyEntryIsInOneSliceAndInTheRightBlock() {
    for (Parameter parameter : ParameterLayout.of(WIDEST).all()) {
      int[] blocks = new int[Math.toIntExact(parameter.elements())];
      Arrays.fill(blocks, -1);
      for (ParameterSlice slice : ParameterSlice.of(parameter, state(EXPANSIONS))) {
        for (int i = 0; i < blocks.length; i++) {
          if (contains(slice, index(parameter, i))) {
            assertThat(blocks[i]).as(parameter.name() + " " + i + " twice").isEqualTo(-1);
            blocks[i] = slice.block();
          }
        }
      }
      for (int i = 0; i < blocks.length; i++) {
        assertThat(blocks[i])
            .as(parameter.name() + " " + i)
            .isEqualTo(blockByDefinition(parameter, index(parameter, i)));
      }
    }
  }

  private static int blockByDefinition(Parameter parameter, long[] index) {
    List<Widths> widths =
        List.of(new Widths(8, 6), new Widths(12, 9), new Widths(12, 15), new Widths(16, 15));
    for (int block = 0; block < widths.size(); block++) {
      boolean inside = true;
      for (int axis = 0; axis < index.length; axis++) {
        if (parameter.axes().get(axis) == Axis.HIDDEN) {
          inside &= index[axis] < widths.get(block).hiddenSize();
        } else if (parameter.axes().get(axis) == Axis.INNER) {
          inside &= index[axis] < widths.get(block).innerSize();
        }
      }
      if (inside) {
        return block;
      }
    }
    throw new AssertionError("outside of the widest model");
  }

  private static long[] index(Parameter parameter, int flat) {
    long[] index = new long[parameter.shape().size()];
    long rest = flat;
    for (int axis = index.length - 1; axis >= 0; axis--) {
      index[axis] = rest % parameter.shape().get(axis);
      rest /= parameter.shape().get(axis);
    }
    return index;
  }

  private static boolean contains(ParameterSlice slice, long[] index) {
    for (int axis = 0; axis < index.length; axis++) {
      long offset = index[axis] - slice.starts()[axis];
      if (offset < 0 || offset >= slice.lengths()[axis]) {
        return false;
      }
    }
    return true;
  }

  private static TrainerState state(List<ExpansionRecord> expansions) {
    return new TrainerState(30, 0, 1, 2, "", "", new Widths(8, 6), Map.of(), expansions);
  }
}
