package dev.sparkling.trainer.step;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import ai.djl.ndarray.NDManager;
import dev.sparkling.checkpoint.format.CheckpointReader;
import dev.sparkling.checkpoint.format.FileKind;
import dev.sparkling.checkpoint.format.TensorSequence;
import dev.sparkling.pipeline.spec.training.TrainingSpec;
import dev.sparkling.trainer.TestTorch;
import dev.sparkling.trainer.model.pass.PassSettings;
import dev.sparkling.trainer.model.pass.Transformer;
import dev.sparkling.trainer.model.state.ModelState;
import java.lang.foreign.ValueLayout;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The trainer's optimizer step computes what Hugging Face's model and PyTorch's optimizer do. */
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
   * AdamW divides by the root of the second moment, so that the rounding error of a gradient near
   * zero moves the weight by up to the learning rate, 1e-2; this is what is left of it over 20
   * steps.
   */
  private static final float WEIGHT_TOLERANCE = 2e-3f;

  /** Creates an owner of arrays on the device that is tested. */
  NDManager newManager() {
    return TestTorch.start().newManager();
  }

  @ParameterizedTest
  @ValueSource(strings = {"dense-untied", "moe-tied"})
  void logitsMatchHuggingFace(String name) {
    HuggingFaceFixture fixture = new HuggingFaceFixture(name);
    try (NDManager manager = newManager()) {
      CheckpointReader reader = fixture.model();
      ModelState state = ModelState.ofWeights(reader.model(), manager);
      load(reader, state);
      Transformer transformer =
          new Transformer(
              reader.model(),
              state.weights(),
              PassSettings.forward(HuggingFaceFixture.LENGTH),
              manager);
      float[] logits = transformer.logits(fixture.batch(1), manager).toFloatArray();
      assertThat(logits).containsExactly(fixture.logits(), within(LOGIT_TOLERANCE));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"dense-untied", "moe-tied"})
  void lossesAndWeightsOfTwentyStepsMatchPyTorch(String name) {
    HuggingFaceFixture fixture = new HuggingFaceFixture(name);
    try (NDManager manager = newManager()) {
      CheckpointReader reader = fixture.model();
      SmallTraining training = SmallTraining.of(reader, training(""), manager);
      float[] losses = new float[HuggingFaceFixture.STEPS];
      for (int step = 1; step <= losses.length; step++) {
        StepResult result = training.step(step, fixture.rates()[step - 1], fixture.batch(step));
        losses[step - 1] = (float) result.loss();
      }
      assertThat(losses).containsExactly(fixture.losses(), within(LOSS_TOLERANCE));
      try (NDManager host = TestTorch.start().newManager()) {
        ModelState trained = training.state().newCopy(host);
        trained.copyFrom(training.state());
        assertWeights(fixture.trained(), trained);
      }
    }
  }

  /**
   * Balances over the micro-batch with the fixture's coefficients, whose losses are a twentieth of
   * the whole.
   */
  @ParameterizedTest
  @ValueSource(strings = {"dense-untied", "moe-tied"})
  void lossesAndNormsOfTwoHundredClippedAndBalancedStepsMatchPyTorch(String name) {
    HuggingFaceFixture fixture = new HuggingFaceFixture(name);
    try (NDManager manager = newManager()) {
      CheckpointReader reader = fixture.model();
      TrainingSpec settings =
          training(
              "gradientClipping: 2,"
                  + " balancing: {coefficient: 0.02, scope: 'microBatch', zCoefficient: 0.003}");
      SmallTraining training = SmallTraining.of(reader, settings, manager);
      float[] losses = fixture.longLosses();
      float[] norms = fixture.longNorms();
      for (int step = 1; step <= HuggingFaceFixture.LONG_STEPS; step++) {
        StepResult result =
            training.step(step, fixture.longRates()[step - 1], fixture.longBatch(step));
        assertThat(result.loss())
            .as("loss of step " + step)
            .isCloseTo(losses[step - 1], withinPercentage(LONG_PERCENT));
        assertThat(result.gradientNorm())
            .as("norm of step " + step)
            .isCloseTo(norms[step - 1], withinPercentage(NORM_PERCENT));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"dense-untied", "moe-tied"})
  void lossesOfTwentyStepsOfMuonMatchPyTorch(String name) {
    HuggingFaceFixture fixture = new HuggingFaceFixture(name);
    try (NDManager manager = newManager()) {
      CheckpointReader reader = fixture.model();
      SmallTraining training =
          SmallTraining.of(reader, training("optimizer: {type: 'muon'}"), manager);
      for (int step = 1; step <= HuggingFaceFixture.STEPS; step++) {
        StepResult result = training.step(step, fixture.rates()[step - 1], fixture.muonBatch(step));
        assertThat(result.loss())
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

  private static TrainingSpec training(String settings) {
    return SmallTraining.training(HuggingFaceFixture.LENGTH, settings);
  }

  private static void load(CheckpointReader reader, ModelState state) {
    try (TensorSequence tensors = reader.read(FileKind.MODEL)) {
      state.load(tensors, reader.location());
    }
  }
}
