package dev.sparkling.trainer.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.sparkling.checkpoint.format.TrainerState;
import dev.sparkling.checkpoint.format.TrainerState.ExpansionRecord;
import dev.sparkling.checkpoint.format.TrainerState.Widths;
import dev.sparkling.checkpoint.model.Axis;
import dev.sparkling.checkpoint.model.TensorRole;
import dev.sparkling.checkpoint.run.Metrics;
import dev.sparkling.pipeline.spec.model.Initialization;
import dev.sparkling.pipeline.spec.model.OptimizerStateStrategy;
import dev.sparkling.trainer.TestTorch;
import dev.sparkling.trainer.model.Parameter;
import dev.sparkling.trainer.model.Parameter.Piece;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A matrix of 2 x 3 whose first column is old. */
class GradientGuardTest {

  private static final Parameter PARAMETER =
      new Parameter(
          "p",
          TensorRole.MATRIX,
          List.of(2L, 3L),
          List.of(Axis.NONE, Axis.HIDDEN),
          List.of(new Piece("p", List.of(2L, 3L), 0)));

  private static final TrainerState EXPANDED =
      new TrainerState(
          0,
          0,
          1,
          2,
          "",
          "",
          new Widths(1, 1),
          Map.of(),
          List.of(
              new ExpansionRecord(
                  0,
                  new Widths(3, 1),
                  Initialization.COPY_COPY,
                  OptimizerStateStrategy.ASYMMETRIC,
                  1.3,
                  10)));

  @Test
  void normsAreThoseOfTheBlocksAndOfAll() {
    try (NDManager manager = TestTorch.start().newManager()) {
      NDArray gradient = manager.create(new float[] {3, 1, 2, 4, 2, 4}, new Shape(2, 3));
      Judgement judgement = guard(0, gradient, manager).judge(manager.create(1f), manager);
      assertThat(judgement.blockNorms().get(0).getFloat()).isEqualTo(5);
      assertThat(judgement.blockNorms().get(1).getFloat()).isEqualTo(5);
      assertThat(judgement.norm().getFloat())
          .isCloseTo((float) Math.sqrt(50), withinPercentage(1e-5));
      assertThat(judgement.divisor().getFloat()).isEqualTo(1);
      assertThat(judgement.skipped()).isFalse();
    }
  }

  @Test
  void gradientsAboveTheLargestNormAreScaledDownToIt() {
    try (NDManager manager = TestTorch.start().newManager()) {
      NDArray gradient = manager.create(new float[] {3, 1, 2, 4, 2, 4}, new Shape(2, 3));
      // PyTorch's clip_grad_norm_ multiplies by largest / (norm + 1e-6).
      assertThat(divisor(2, gradient, manager))
          .isCloseTo((float) ((Math.sqrt(50) + 1e-6) / 2), withinPercentage(1e-5));
      assertThat(divisor(8, gradient, manager)).isEqualTo(1);
    }
  }

  @Test
  void updateWhoseLossOrNormIsFarOffIsLeftOutOnceTheWindowHasEnough() {
    try (NDManager manager = TestTorch.start().newManager()) {
      assertThat(judgedAfter(GradientGuard.LEAST - 1, 3f, 1f, manager)).isFalse();
      assertThat(judgedAfter(GradientGuard.LEAST, 3f, 1f, manager)).isTrue();
      assertThat(judgedAfter(GradientGuard.LEAST, 1f, 3f, manager)).isTrue();
      assertThat(judgedAfter(GradientGuard.LEAST, 1.05f, 1.05f, manager)).isFalse();
      // Deviation 0.05: 8 of them above the mean is let pass until the window is full.
      assertThat(judgedAfter(GradientGuard.WINDOW - 1, 1.4f, 1f, manager)).isFalse();
      assertThat(judgedAfter(GradientGuard.WINDOW, 1.4f, 1f, manager)).isTrue();
      assertThat(judgedAfter(GradientGuard.WINDOW, 0.2f, 0.2f, manager)).isFalse();
    }
  }

  @Test
  void lastingChangeIsAcceptedAfterAFewSteps() {
    try (NDManager manager = TestTorch.start().newManager()) {
      NDArray gradient = manager.create(new float[] {1, 0, 0, 0, 0, 0}, new Shape(2, 3));
      GradientGuard guard = guard(0, gradient, manager);
      fill(guard, GradientGuard.WINDOW);
      int skipped = 0;
      while (guard.judge(manager.create(3f), manager).skipped()) {
        skipped++;
      }
      assertThat(skipped).isBetween(1, 8);
    }
  }

  @Test
  void stepsThatAreRecalledCountAsIfThereHadBeenNoInterruption() {
    try (NDManager manager = TestTorch.start().newManager()) {
      NDArray gradient = manager.create(new float[] {1, 0, 0, 0, 0, 0}, new Shape(2, 3));
      GradientGuard through = guard(0, gradient, manager);
      List<Metrics.Step> done = new ArrayList<>();
      for (int i = 0; i < 2 * GradientGuard.WINDOW + 37; i++) {
        float loss = 1 + 0.05f * (float) Math.sin(i);
        through.judge(manager.create(loss), manager);
        done.add(step(loss, 1));
      }
      GradientGuard resumed = guard(0, gradient, manager);
      resumed.recall(done);
      assertThat(resumed.losses()).isEqualTo(through.losses());
    }
  }

  @Test
  void valuesThatAreNotFiniteAreLeftOutAtOnce() {
    try (NDManager manager = TestTorch.start().newManager()) {
      assertThat(judgedAfter(0, Float.NaN, 1, manager)).isTrue();
      assertThat(judgedAfter(0, Float.POSITIVE_INFINITY, 1, manager)).isTrue();
      assertThat(judgedAfter(0, 1, Float.NaN, manager)).isTrue();
    }
  }

  private static boolean judgedAfter(int steps, float loss, float norm, NDManager manager) {
    NDArray gradient = manager.create(new float[] {norm, 0, 0, 0, 0, 0}, new Shape(2, 3));
    GradientGuard guard = guard(0, gradient, manager);
    fill(guard, steps);
    return guard.judge(manager.create(loss), manager).skipped();
  }

  /** Losses and norms of mean 1 and deviation 0.05. */
  private static void fill(GradientGuard guard, int steps) {
    List<Metrics.Step> done = new ArrayList<>();
    for (int i = 0; i < steps; i++) {
      done.add(step(i % 2 == 0 ? 0.95 : 1.05, i % 2 == 0 ? 1.05 : 0.95));
    }
    guard.recall(done);
  }

  private static Metrics.Step step(double loss, double norm) {
    return new Metrics.Step(1, 1, loss, List.of(), 1, 0, norm, List.of(), false, List.of(), 0);
  }

  private static float divisor(double largest, NDArray gradient, NDManager manager) {
    return guard(largest, gradient, manager)
        .judge(manager.create(1f), manager)
        .divisor()
        .getFloat();
  }

  private static GradientGuard guard(double largest, NDArray gradient, NDManager manager) {
    return new GradientGuard(largest, List.of(PARAMETER), List.of(gradient), EXPANDED, manager);
  }
}
