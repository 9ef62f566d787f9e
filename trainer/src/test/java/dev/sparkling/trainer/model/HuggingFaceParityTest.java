package dev.sparkling.trainer.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import ai.djl.ndarray.NDManager;
import dev.sparkling.checkpoint.format.CheckpointReader;
import dev.sparkling.checkpoint.format.FileKind;
import dev.sparkling.checkpoint.format.TensorSequence;
import dev.sparkling.pipeline.spec.training.BalancingScope;
import dev.sparkling.pipeline.spec.training.BalancingSpec;
import dev.sparkling.pipeline.spec.training.OptimizerSpec;
import dev.sparkling.pipeline.spec.training.OptimizerType;
import dev.sparkling.pipeline.spec.training.Precision;
import dev.sparkling.pipeline.spec.training.Recomputation;
import dev.sparkling.trainer.TestTorch;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The model and the optimizer compute what Hugging Face's and PyTorch's compute. */
class HuggingFaceParityTest {

  /** Logits are near 1; both sides sum some hundreds of 32-bit products in other orders. */
  private static final float LOGIT_TOLERANCE = 1e-4f;

  private static final float LOSS_TOLERANCE = 1e-4f;

  /**
   * Rounding differences grow from step to step; measured below 0.01 % of the loss and 0.05 % of
   * the norm.
   */
  private static final double LONG_PERCENT = 0.1;

  private static final double NORM_PERCENT = 0.1;

  /**
   * AdamW divides by the root of the second moment, so where a gradient is near zero a rounding
   * error of it moves the weight by up to a rate, 1e-2; over 20 steps this is what is left.
   */
  private static final float WEIGHT_TOLERANCE = 2e-3f;

  /** Owns arrays on the device that is tested. */
  NDManager newManager() {
    return TestTorch.start().newManager();
  }

  @ParameterizedTest
  @ValueSource(strings = {"dense-untied", "moe-tied"})
  void logitsAreHuggingFaces(String name) {
    HuggingFaceFixture fixture = new HuggingFaceFixture(name);
    try (NDManager manager = newManager()) {
      CheckpointReader reader = fixture.model();
      ModelState state = ModelState.ofWeights(reader.model(), manager);
      load(reader, state);
      Transformer transformer =
          new Transformer(
              reader.model(), Transformer.Settings.plain(HuggingFaceFixture.LENGTH), manager);
      float[] logits =
          transformer.logits(state.weights(), fixture.batch(1), manager).toFloatArray();
      assertThat(logits).containsExactly(fixture.logits(), within(LOGIT_TOLERANCE));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"dense-untied", "moe-tied"})
  void lossesOfTwentyStepsAndTheWeightsAfterThemArePyTorchs(String name) {
    HuggingFaceFixture fixture = new HuggingFaceFixture(name);
    try (NDManager manager = newManager()) {
      CheckpointReader reader = fixture.model();
      SmallTraining training =
          new SmallTraining(
                  reader.model(), Transformer.Settings.plain(HuggingFaceFixture.LENGTH), 0, manager)
              .load(reader);
      float[] losses = new float[HuggingFaceFixture.STEPS];
      for (int step = 1; step <= losses.length; step++) {
        losses[step - 1] = training.step(step, fixture.rates()[step - 1], fixture.batch(step));
      }
      assertThat(losses).containsExactly(fixture.losses(), within(LOSS_TOLERANCE));
      try (NDManager host = TestTorch.start().newManager()) {
        ModelState trained = training.state.newCopy(host);
        trained.copyFrom(training.state);
        assertWeights(fixture.trained(), trained);
      }
    }
  }

  /**
   * Balancing over the micro-batch with the fixture's coefficients, which make up a twentieth of
   * the loss.
   */
  @ParameterizedTest
  @ValueSource(strings = {"dense-untied", "moe-tied"})
  void lossesAndNormsOfTwoHundredClippedAndBalancedStepsArePyTorchs(String name) {
    HuggingFaceFixture fixture = new HuggingFaceFixture(name);
    try (NDManager manager = newManager()) {
      CheckpointReader reader = fixture.model();
      Transformer.Settings settings =
          new Transformer.Settings(
              HuggingFaceFixture.LENGTH,
              new BalancingSpec(0.02, BalancingScope.MICRO_BATCH, 0.003),
              Recomputation.NONE,
              OptionalLong.empty());
      SmallTraining training = new SmallTraining(reader.model(), settings, 2, manager).load(reader);
      float[] losses = fixture.longLosses();
      float[] norms = fixture.longNorms();
      for (int step = 1; step <= HuggingFaceFixture.LONG_STEPS; step++) {
        float loss = training.step(step, fixture.longRates()[step - 1], fixture.longBatch(step));
        assertThat(loss)
            .as("loss of step " + step)
            .isCloseTo(losses[step - 1], withinPercentage(LONG_PERCENT));
        assertThat(training.norm())
            .as("norm of step " + step)
            .isCloseTo(norms[step - 1], withinPercentage(NORM_PERCENT));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"dense-untied", "moe-tied"})
  void lossesOfTwentyStepsOfMuonArePyTorchs(String name) {
    HuggingFaceFixture fixture = new HuggingFaceFixture(name);
    try (NDManager manager = newManager()) {
      CheckpointReader reader = fixture.model();
      OptimizerSpec muon =
          new OptimizerSpec(OptimizerType.MUON, List.of(0.9, 0.95), 1e-8, 0.1, 0.95);
      SmallTraining training =
          new SmallTraining(
                  reader.model(),
                  Transformer.Settings.plain(HuggingFaceFixture.LENGTH),
                  0,
                  Precision.FP32,
                  muon,
                  manager)
              .load(reader);
      for (int step = 1; step <= HuggingFaceFixture.STEPS; step++) {
        assertThat(training.step(step, fixture.rates()[step - 1], fixture.muonBatch(step)))
            .as("step " + step)
            .isCloseTo(fixture.muonLosses()[step - 1], withinPercentage(LONG_PERCENT));
      }
    }
  }

  private static void assertWeights(Map<String, float[]> expected, ModelState state) {
    try (TensorSequence actual = state.tensors(FileKind.MODEL)) {
      for (var tensor : actual.tensors()) {
        float[] values = actual.next().toArray(ValueLayout.JAVA_FLOAT);
        assertThat(values)
            .as(tensor.name())
            .containsExactly(expected.get(tensor.name()), within(WEIGHT_TOLERANCE));
      }
    }
  }

  private static void load(CheckpointReader reader, ModelState state) {
    try (TensorSequence tensors = reader.read(FileKind.MODEL)) {
      state.load(tensors, reader.location());
    }
  }
}
