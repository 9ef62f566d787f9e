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
import dev.sparkling.trainer.model.layout.Parameter;
import dev.sparkling.trainer.model.layout.Parameter.PackedTensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A matrix of 2 x 3 whose first column is old. */
class GradientGuardTest {

  private static final Parameter PARAMETER =
      new Parameter(
          "p",
          TensorRole.MATRIX,
          List.of(2L, 3L),
          List.of(Axis.NONE, Axis.HIDDEN),
          List.of(new PackedTensor("p", List.of(2L, 3L), 0)));

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
  void normsAreThoseOfTheBlocksAndOfAllGradients() {
    try (NDManager manager = TestTorch.start().newManager()) {
      NDArray gradient = manager.create(new float[] {3, 1, 2, 4, 2, 4}, new Shape(2, 3));
      UpdateDecision decision = guard(0, gradient, manager).decide(manager.create(1f), manager);
      assertThat(decision.blockNorms().get(0).getFloat()).isEqualTo(5);
      assertThat(decision.blockNorms().get(1).getFloat()).isEqualTo(5);
      assertThat(decision.norm().getFloat())
          .isCloseTo((float) Math.sqrt(50), withinPercentage(1e-5));
      assertThat(decision.divisor().getFloat()).isEqualTo(1);
      assertThat(decision.skipped()).isFalse();
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
  void updateWithASpikeInLossOrNormIsSkippedOnceTheWindowHasEnoughSteps() {
    try (NDManager manager = TestTorch.start().newManager()) {
      assertThat(skippedAfter(GradientGuard.MIN_STEPS - 1, 3f, 1f, manager)).isFalse();
      assertThat(skippedAfter(GradientGuard.MIN_STEPS, 3f, 1f, manager)).isTrue();
      assertThat(skippedAfter(GradientGuard.MIN_STEPS, 1f, 3f, manager)).isTrue();
      assertThat(skippedAfter(GradientGuard.MIN_STEPS, 1.05f, 1.05f, manager)).isFalse();
      // The deviation is 0.05: 8 of them above the mean are allowed until the window is full.
      assertThat(skippedAfter(GradientGuard.WINDOW - 1, 1.4f, 1f, manager)).isFalse();
      assertThat(skippedAfter(GradientGuard.WINDOW, 1.4f, 1f, manager)).isTrue();
      assertThat(skippedAfter(GradientGuard.WINDOW, 0.2f, 0.2f, manager)).isFalse();
    }
  }

  @Test
  void lastingChangeIsAcceptedAfterAFewSteps() {
    try (NDManager manager = TestTorch.start().newManager()) {
      NDArray gradient = manager.create(new float[] {1, 0, 0, 0, 0, 0}, new Shape(2, 3));
      GradientGuard guard = guard(0, gradient, manager);
      fill(guard, GradientGuard.WINDOW);
      int skipped = 0;
      while (guard.decide(manager.create(3f), manager).skipped()) {
        skipped++;
      }
      assertThat(skipped).isBetween(1, 8);
    }
  }

  /** Restored windows equal those of a guard that has seen all steps, entry by entry. */
  @ParameterizedTest
  @ValueSource(ints = {1, 50})
  void limitForASpikeAfterARestartIsTheSameAsWithoutAnInterruption(int stepsAfter) {
    try (NDManager manager = TestTorch.start().newManager()) {
      NDArray gradient = manager.create(new float[] {1, 0, 0, 0, 0, 0}, new Shape(2, 3));
      int stepsBefore = GradientGuard.WINDOW + 37;
      float uninterrupted =
          leastSpike(
              () -> {
                GradientGuard guard = guard(0, gradient, manager);
                run(guard, 0, stepsBefore + stepsAfter, manager);
                return guard;
              },
              manager);
      List<Metrics.Step> done = new ArrayList<>();
      for (int i = 0; i < stepsBefore; i++) {
        done.add(step(loss(i), 1));
      }
      float restarted =
          leastSpike(
              () -> {
                GradientGuard guard = guard(0, gradient, manager);
                guard.restore(done);
                run(guard, stepsBefore, stepsBefore + stepsAfter, manager);
                return guard;
              },
              manager);
      assertThat(restarted).isEqualTo(uninterrupted).isBetween(1.15f, 1.35f);
    }
  }

  private static float loss(int step) {
    return 1 + 0.05f * (float) Math.sin((double) step * step);
  }

  private static void run(GradientGuard guard, int from, int to, NDManager manager) {
    for (int i = from; i < to; i++) {
      try (NDManager scope = manager.newSubManager()) {
        guard.decide(scope.create(loss(i)), scope);
      }
    }
  }

  /** The smallest loss that is skipped, found by bisection with a new guard each time. */
  private static float leastSpike(Supplier<GradientGuard> guards, NDManager manager) {
    float low = 1.1f;
    float high = 1.4f;
    for (int i = 0; i < 12; i++) {
      float middle = (low + high) / 2;
      boolean skipped = guards.get().decide(manager.create(middle), manager).skipped();
      low = skipped ? low : middle;
      high = skipped ? middle : high;
    }
    return high;
  }

  @Test
  void updateWithValuesThatAreNotFiniteIsSkippedFromTheFirstStep() {
    try (NDManager manager = TestTorch.start().newManager()) {
      assertThat(skippedAfter(0, Float.NaN, 1, manager)).isTrue();
      assertThat(skippedAfter(0, Float.POSITIVE_INFINITY, 1, manager)).isTrue();
      assertThat(skippedAfter(0, 1, Float.NaN, manager)).isTrue();
    }
  }

  private static boolean skippedAfter(int steps, float loss, float norm, NDManager manager) {
    NDArray gradient = manager.create(new float[] {norm, 0, 0, 0, 0, 0}, new Shape(2, 3));
    GradientGuard guard = guard(0, gradient, manager);
    fill(guard, steps);
    return guard.decide(manager.create(loss), manager).skipped();
  }

  /** Losses and norms of mean 1 and deviation 0.05. */
  private static void fill(GradientGuard guard, int steps) {
    List<Metrics.Step> done = new ArrayList<>();
    for (int i = 0; i < steps; i++) {
      done.add(step(i % 2 == 0 ? 0.95 : 1.05, i % 2 == 0 ? 1.05 : 0.95));
    }
    guard.restore(done);
  }

  private static Metrics.Step step(double loss, double norm) {
    return new Metrics.Step(1, 1, loss, List.of(), 1, 0, norm, List.of(), false, List.of(), 0);
  }

  private static float divisor(double largest, NDArray gradient, NDManager manager) {
    return guard(largest, gradient, manager)
        .decide(manager.create(1f), manager)
        .divisor()
        .getFloat();
  }

  private static GradientGuard guard(double largest, NDArray gradient, NDManager manager) {
    return new GradientGuard(largest, List.of(PARAMETER), List.of(gradient), EXPANDED, manager);
  }
}
