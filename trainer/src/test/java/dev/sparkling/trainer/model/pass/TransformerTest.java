package dev.sparkling.trainer.model.pass;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.sparkling.pipeline.spec.training.TrainingSpec;
import dev.sparkling.trainer.TestTorch;
import dev.sparkling.trainer.data.Batch;
import dev.sparkling.trainer.model.layout.ParameterTree;
import dev.sparkling.trainer.model.routing.RouterStatistics;
import dev.sparkling.trainer.step.HuggingFaceFixture;
import dev.sparkling.trainer.step.SmallTraining;
import dev.sparkling.trainer.step.StepResult;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TransformerTest {

  private static final int LENGTH = HuggingFaceFixture.LENGTH;

  /** Sums of some hundred 32-bit products in another order. */
  private static final double ROUNDING = 2e-4;

  @ParameterizedTest
  @ValueSource(strings = {"dense-untied", "moe-tied"})
  void gradientsOfMicroBatchesSumToThoseOfTheBatch(String name) {
    HuggingFaceFixture fixture = new HuggingFaceFixture(name);
    try (NDManager manager = TestTorch.start().newManager()) {
      SmallTraining whole = training(fixture, training(""), manager);
      SmallTraining parts = training(fixture, training(""), manager);
      for (int step = 1; step <= 5; step++) {
        Batch batch = fixture.batch(step);
        StepResult together = whole.step(step, 1e-3, batch);
        StepResult apart = parts.step(step, 1e-3, half(batch, 0), half(batch, 1));
        assertThat(apart.loss()).isCloseTo(together.loss(), within(ROUNDING));
        assertThat(apart.gradientNorm()).isCloseTo(together.gradientNorm(), withinPercentage(0.1));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"dense-untied", "moe-tied"})
  void maskedDocumentAfterASeparatorIsReadAsIfItWereAlone(String name) {
    HuggingFaceFixture fixture = new HuggingFaceFixture(name);
    try (NDManager manager = TestTorch.start().newManager()) {
      long separator = SmallTraining.SEPARATOR;
      long[] tokens = {7, 9, 11, separator, 20, 21, 22, 23};
      Batch packed = new Batch(1, tokens, new long[8]);
      Batch alone = new Batch(1, Arrays.copyOfRange(tokens, 4, 8), new long[4]);
      assertThat(packed.documents(separator)).containsExactly(0, 0, 0, 0, 1, 1, 1, 1);
      NDArray masked = logits(fixture, packed, true, manager);
      NDArray plain = logits(fixture, packed, false, manager);
      NDArray expected = logits(fixture, alone, false, manager);
      int vocabulary = (int) masked.getShape().get(1);
      float[] second = Arrays.copyOfRange(masked.toFloatArray(), 4 * vocabulary, 8 * vocabulary);
      float[] secondUnmasked =
          Arrays.copyOfRange(plain.toFloatArray(), 4 * vocabulary, 8 * vocabulary);
      // Rotary angles differ by a constant, which cancels in the products of queries and keys.
      assertThat(second).containsExactly(expected.toFloatArray(), within((float) ROUNDING));
      assertThat(largestDifference(secondUnmasked, expected.toFloatArray())).isGreaterThan(0.01f);
    }
  }

  @Test
  void balancingOverAGlobalBatchCountsAllItsMicroBatches() {
    // With the whole batch in one pass, the load so far is the load of all.
    HuggingFaceFixture fixture = new HuggingFaceFixture("moe-tied");
    try (NDManager manager = TestTorch.start().newManager()) {
      SmallTraining global = training(fixture, balanced("globalBatch"), manager);
      SmallTraining micro = training(fixture, balanced("microBatch"), manager);
      SmallTraining none = training(fixture, training(""), manager);
      double ofGlobal = global.step(1, 1e-3, fixture.batch(1)).gradientNorm();
      double ofMicro = micro.step(1, 1e-3, fixture.batch(1)).gradientNorm();
      double ofNone = none.step(1, 1e-3, fixture.batch(1)).gradientNorm();
      assertThat(ofGlobal).isEqualTo(ofMicro);
      assertThat(ofGlobal).isNotCloseTo(ofNone, withinPercentage(0.1));
      Batch first = half(fixture.batch(2), 0);
      Batch second = half(fixture.batch(2), 1);
      assertThat(global.step(2, 1e-3, first, second).gradientNorm())
          .isNotEqualTo(micro.step(2, 1e-3, first, second).gradientNorm());
    }
  }

  @Test
  void balancingLossEvensOutTheLoad() {
    HuggingFaceFixture fixture = new HuggingFaceFixture("moe-tied");
    try (NDManager manager = TestTorch.start().newManager()) {
      double with = unevenness(fixture, balanced("globalBatch"), manager);
      double without = unevenness(fixture, training(""), manager);
      assertThat(with).isLessThan(without / 2);
    }
  }

  @Test
  void routersAreMeasuredOverTheStep() {
    HuggingFaceFixture fixture = new HuggingFaceFixture("moe-tied");
    try (NDManager manager = TestTorch.start().newManager()) {
      SmallTraining training = training(fixture, training(""), manager);
      StepResult result =
          training.step(1, 1e-3, half(fixture.batch(1), 0), half(fixture.batch(1), 1));
      assertThat(result.routers()).hasSize(2);
      assertThat(result.routers())
          .allSatisfy(
              router -> {
                // 2 of 6 experts per token: no expert's load is above 3 times even use.
                assertThat(router.largestLoad()).isBetween(1.0, 3.0);
                assertThat(router.balancing()).isBetween(0.9, 3.0);
              });
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"dense-untied", "moe-tied"})
  void bfloat16LearnsAsFloat32Does(String name) {
    HuggingFaceFixture fixture = new HuggingFaceFixture(name);
    try (NDManager manager = TestTorch.start().newManager()) {
      SmallTraining training = training(fixture, training("precision: 'bf16'"), manager);
      float[] expected = fixture.losses();
      for (int step = 1; step <= HuggingFaceFixture.STEPS; step++) {
        StepResult result = training.step(step, fixture.rates()[step - 1], fixture.batch(step));
        // 8 bits of mantissa: 0.4 % of every activation, and a router's choice may flip.
        assertThat(result.loss())
            .as("step " + step)
            .isCloseTo(expected[step - 1], withinPercentage(2));
      }
    }
  }

  @Test
  void firstPlaceThatIsNotFiniteIsNamed() {
    HuggingFaceFixture fixture = new HuggingFaceFixture("dense-untied");
    try (NDManager manager = TestTorch.start().newManager()) {
      SmallTraining training = training(fixture, training(""), manager);
      ParameterTree<NDArray> weights = training.state().weights();
      assertThat(training.transformer().firstNotFinite(fixture.batch(1))).isEmpty();
      weights.layers().get(1).attention().norm().muli(Float.NaN);
      assertThat(training.transformer().firstNotFinite(fixture.batch(1)))
          .contains("layer 1's attention");
      ((ParameterTree.Dense<NDArray>) weights.layers().get(0).mlp()).norm().muli(Float.NaN);
      assertThat(training.transformer().firstNotFinite(fixture.batch(1))).contains("layer 0's MLP");
      weights.embedding().muli(Float.NaN);
      assertThat(training.transformer().firstNotFinite(fixture.batch(1))).contains("the embedding");
    }
  }

  /** The excess of the balancing loss over that of even use, after some training. */
  private static double unevenness(
      HuggingFaceFixture fixture, TrainingSpec settings, NDManager manager) {
    SmallTraining training = training(fixture, settings, manager);
    List<RouterStatistics> routers = List.of();
    for (int step = 1; step <= 60; step++) {
      routers = training.step(step, 3e-3, fixture.longBatch(step)).routers();
    }
    return routers.stream().mapToDouble(router -> router.balancing() - 1).sum();
  }

  private static NDArray logits(
      HuggingFaceFixture fixture, Batch batch, boolean masked, NDManager manager) {
    TrainingSpec settings = SmallTraining.training(batch.length(), "documentMasking: " + masked);
    return training(fixture, settings, manager).transformer().logits(batch, manager);
  }

  private static SmallTraining training(
      HuggingFaceFixture fixture, TrainingSpec settings, NDManager manager) {
    return SmallTraining.of(fixture.model(), settings, manager);
  }

  private static TrainingSpec training(String settings) {
    return SmallTraining.training(LENGTH, settings);
  }

  private static TrainingSpec balanced(String scope) {
    return training("balancing: {coefficient: 1.0, scope: '" + scope + "', zCoefficient: 0.01}");
  }

  private static Batch half(Batch batch, int which) {
    int tokens = batch.tokens().length / 2;
    return new Batch(
        batch.sequences() / 2,
        Arrays.copyOfRange(batch.tokens(), which * tokens, (which + 1) * tokens),
        Arrays.copyOfRange(batch.targets(), which * tokens, (which + 1) * tokens));
  }

  private static float largestDifference(float[] a, float[] b) {
    float largest = 0;
    for (int i = 0; i < a.length; i++) {
      largest = Math.max(largest, Math.abs(a[i] - b[i]));
    }
    return largest;
  }
}
