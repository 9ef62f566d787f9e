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
import dev.sparkling.trainer.model.Parameter;
import dev.sparkling.trainer.model.ParameterLayout;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class StripTest {

  /** Both axes, then one, then the other. */
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
  void parameterThatNeverGrewIsOneStrip() {
    TrainerState state = state(List.of());
    for (Parameter parameter : ParameterLayout.of(TestModels.moe(false)).all()) {
      assertThat(Strip.of(parameter, state)).hasSize(1);
    }
  }

  @Test
  void headNormStaysOneStripThroughExpansions() {
    Parameter norm = ParameterLayout.of(WIDEST).layers().getFirst().attention().queryNorm();
    assertThat(Strip.of(norm, state(EXPANSIONS))).hasSize(1);
  }

  /** Every entry of every parameter, by the definition: the first widths that it is inside of. */
  @Test
  void everyEntryIsInOneStripAndInItsBlock() {
    for (Parameter parameter : ParameterLayout.of(WIDEST).all()) {
      int[] blocks = new int[Math.toIntExact(parameter.elements())];
      Arrays.fill(blocks, -1);
      for (Strip strip : Strip.of(parameter, state(EXPANSIONS))) {
        for (int i = 0; i < blocks.length; i++) {
          if (contains(strip, index(parameter, i))) {
            assertThat(blocks[i]).as(parameter.name() + " " + i + " twice").isEqualTo(-1);
            blocks[i] = strip.block();
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

  private static boolean contains(Strip strip, long[] index) {
    for (int axis = 0; axis < index.length; axis++) {
      long offset = index[axis] - strip.starts()[axis];
      if (offset < 0 || offset >= strip.lengths()[axis]) {
        return false;
      }
    }
    return true;
  }

  private static TrainerState state(List<ExpansionRecord> expansions) {
    return new TrainerState(30, 0, 1, 2, "", "", new Widths(8, 6), Map.of(), expansions);
  }
}
