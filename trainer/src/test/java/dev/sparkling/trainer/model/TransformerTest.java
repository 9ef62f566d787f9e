package dev.sparkling.trainer.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.sparkling.pipeline.spec.training.BalancingScope;
import dev.sparkling.pipeline.spec.training.BalancingSpec;
import dev.sparkling.pipeline.spec.training.Precision;
import dev.sparkling.pipeline.spec.training.Recomputation;
import dev.sparkling.trainer.TestTorch;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TransformerTest {

  private static final int LENGTH = HuggingFaceFixture.LENGTH;

  /** Sums of some hundred 32-bit products in another order. */
  private static final float ROUNDING = 2e-4f;

  @ParameterizedTest
  @ValueSource(strings = {"dense-untied", "moe-tied"})
  void gradientsOfMicroBatchesSumToThoseOfTheBatch(String name) {
    HuggingFaceFixture fixture = new HuggingFaceFixture(name);
    try (NDManager manager = TestTorch.start().newManager()) {
      SmallTraining whole = training(fixture, plain(), manager);
      SmallTraining parts = training(fixture, plain(), manager);
      for (int step = 1; step <= 5; step++) {
        Batch batch = fixture.batch(step);
        float together = whole.step(step, 1e-3, batch);
        float apart = parts.step(step, 1e-3, half(batch, 0), half(batch, 1));
        assertThat(apart).isCloseTo(together, within(ROUNDING));
        assertThat(parts.norm()).isCloseTo(whole.norm(), withinPercentage(0.1));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"dense-untied", "moe-tied"})
  void documentBehindASeparatorIsReadAsIfItStoodAlone(String name) {
    HuggingFaceFixture fixture = new HuggingFaceFixture(name);
    try (NDManager manager = TestTorch.start().newManager()) {
      long separator = 5;
      long[] tokens = {7, 9, 11, 5, 20, 21, 22, 23};
      Batch packed = new Batch(1, tokens, new long[8]);
      Batch alone = new Batch(1, Arrays.copyOfRange(tokens, 4, 8), new long[4]);
      assertThat(packed.documents(separator)).containsExactly(0, 0, 0, 0, 1, 1, 1, 1);
      NDArray masked = logits(fixture, packed, OptionalLong.of(separator), manager);
      NDArray plain = logits(fixture, packed, OptionalLong.empty(), manager);
      NDArray expected = logits(fixture, alone, OptionalLong.empty(), manager);
      int vocabulary = (int) masked.getShape().get(1);
      float[] second = Arrays.copyOfRange(masked.toFloatArray(), 4 * vocabulary, 8 * vocabulary);
      float[] secondUnmasked =
          Arrays.copyOfRange(plain.toFloatArray(), 4 * vocabulary, 8 * vocabulary);
      // Rotary angles differ by a constant, which the products of queries and keys do not see.
      assertThat(second).containsExactly(expected.toFloatArray(), within(ROUNDING));
      assertThat(largestDifference(secondUnmasked, expected.toFloatArray())).isGreaterThan(0.01f);
    }
  }

  @Test
  void routersLossOfAGlobalBatchIsThatOfItsMicroBatchesTogether() {
    // With the whole batch in one pass, the load so far is the load of all.
    HuggingFaceFixture fixture = new HuggingFaceFixture("moe-tied");
    try (NDManager manager = TestTorch.start().newManager()) {
      SmallTraining global = training(fixture, balanced(BalancingScope.GLOBAL_BATCH), manager);
      SmallTraining micro = training(fixture, balanced(BalancingScope.MICRO_BATCH), manager);
      SmallTraining none = training(fixture, plain(), manager);
      global.step(1, 1e-3, fixture.batch(1));
      micro.step(1, 1e-3, fixture.batch(1));
      none.step(1, 1e-3, fixture.batch(1));
      assertThat(global.norm()).isEqualTo(micro.norm());
      assertThat(global.norm()).isNotCloseTo(none.norm(), withinPercentage(0.1));
      global.step(2, 1e-3, half(fixture.batch(2), 0), half(fixture.batch(2), 1));
      micro.step(2, 1e-3, half(fixture.batch(2), 0), half(fixture.batch(2), 1));
      assertThat(global.norm()).isNotEqualTo(micro.norm());
    }
  }

  @Test
  void balancingLossPullsTheLoadTogether() {
    HuggingFaceFixture fixture = new HuggingFaceFixture("moe-tied");
    try (NDManager manager = TestTorch.start().newManager()) {
      double with = unevenness(fixture, balanced(BalancingScope.GLOBAL_BATCH), manager);
      double without = unevenness(fixture, plain(), manager);
      assertThat(with).isLessThan(without / 2);
    }
  }

  @Test
  void routingIsCountedOverTheStep() {
    HuggingFaceFixture fixture = new HuggingFaceFixture("moe-tied");
    try (NDManager manager = TestTorch.start().newManager()) {
      SmallTraining training = training(fixture, plain(), manager);
      training.step(1, 1e-3, half(fixture.batch(1), 0), half(fixture.batch(1), 1));
      List<Routing.Layer> layers = training.passes.routing().measure();
      assertThat(layers).hasSize(2);
      assertThat(layers)
          .allSatisfy(
              layer -> {
                // 6 experts of which a token meets 2: no expert's load is above 3 times even use.
                assertThat(layer.largestLoad()).isBetween(1.0, 3.0);
                assertThat(layer.balancing()).isBetween(0.9, 3.0);
              });
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"dense-untied", "moe-tied"})
  void bfloat16LearnsAsFloat32Does(String name) {
    HuggingFaceFixture fixture = new HuggingFaceFixture(name);
    try (NDManager manager = TestTorch.start().newManager()) {
      SmallTraining training = training(fixture, plain(), Precision.BF16, manager);
      float[] expected = fixture.losses();
      for (int step = 1; step <= HuggingFaceFixture.STEPS; step++) {
        float loss = training.step(step, fixture.rates()[step - 1], fixture.batch(step));
        // 8 bits of mantissa: 0.4 % of every activation, and a router's choice that flips.
        assertThat(loss).as("step " + step).isCloseTo(expected[step - 1], withinPercentage(2));
      }
    }
  }

  @Test
  void whereNumbersStopBeingFiniteIsNamed() {
    HuggingFaceFixture fixture = new HuggingFaceFixture("dense-untied");
    try (NDManager manager = TestTorch.start().newManager()) {
      SmallTraining training = training(fixture, plain(), manager);
      Weights<NDArray> weights = training.state.weights();
      assertThat(training.transformer.firstNotFinite(weights, fixture.batch(1))).isEmpty();
      weights.layers().get(1).attention().norm().muli(Float.NaN);
      assertThat(training.transformer.firstNotFinite(weights, fixture.batch(1)))
          .contains("layer 1's attention");
      ((Weights.Dense<NDArray>) weights.layers().get(0).mlp()).norm().muli(Float.NaN);
      assertThat(training.transformer.firstNotFinite(weights, fixture.batch(1)))
          .contains("layer 0's MLP");
      weights.embedding().muli(Float.NaN);
      assertThat(training.transformer.firstNotFinite(weights, fixture.batch(1)))
          .contains("the embedding");
    }
  }

  /** How far the balancing loss is above that of even use after some training. */
  private static double unevenness(
      HuggingFaceFixture fixture, Transformer.Settings settings, NDManager manager) {
    SmallTraining training = training(fixture, settings, manager);
    for (int step = 1; step <= 60; step++) {
      training.step(step, 3e-3, fixture.longBatch(step));
    }
    return training.passes.routing().measure().stream()
        .mapToDouble(layer -> layer.balancing() - 1)
        .sum();
  }

  private static NDArray logits(
      HuggingFaceFixture fixture, Batch batch, OptionalLong separator, NDManager manager) {
    var settings =
        new Transformer.Settings(batch.length(), BalancingSpec.NONE, Recomputation.NONE, separator);
    SmallTraining training = training(fixture, settings, manager);
    return training.transformer.logits(training.state.weights(), batch, manager);
  }

  private static SmallTraining training(
      HuggingFaceFixture fixture, Transformer.Settings settings, NDManager manager) {
    return training(fixture, settings, Precision.FP32, manager);
  }

  private static SmallTraining training(
      HuggingFaceFixture fixture,
      Transformer.Settings settings,
      Precision precision,
      NDManager manager) {
    return new SmallTraining(
            fixture.model().model(), settings, 0, precision, SmallTraining.ADAMW, manager)
        .load(fixture.model());
  }

  private static Transformer.Settings plain() {
    return Transformer.Settings.plain(LENGTH);
  }

  private static Transformer.Settings balanced(BalancingScope scope) {
    return new Transformer.Settings(
        LENGTH, new BalancingSpec(1.0, scope, 0.01), Recomputation.NONE, OptionalLong.empty());
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
