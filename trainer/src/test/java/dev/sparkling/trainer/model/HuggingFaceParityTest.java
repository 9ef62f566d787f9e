package dev.sparkling.trainer.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import dev.sparkling.checkpoint.format.CheckpointReader;
import dev.sparkling.checkpoint.format.FileKind;
import dev.sparkling.checkpoint.format.TensorSequence;
import dev.sparkling.trainer.TestTorch;
import java.lang.foreign.ValueLayout;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The model and the optimizer compute what Hugging Face's and PyTorch's compute. */
class HuggingFaceParityTest {

  /** Logits are near 1; both sides sum some hundreds of 32-bit products in other orders. */
  private static final float LOGIT_TOLERANCE = 1e-4f;

  private static final float LOSS_TOLERANCE = 1e-4f;

  /**
   * AdamW divides by the root of the second moment, so where a gradient is near zero a rounding
   * error of it moves the weight by up to a rate, 1e-2; over 20 steps this is what is left.
   */
  private static final float WEIGHT_TOLERANCE = 2e-3f;

  @ParameterizedTest
  @ValueSource(strings = {"dense-untied", "moe-tied"})
  void logitsAreHuggingFaces(String name) {
    HuggingFaceFixture fixture = new HuggingFaceFixture(name);
    try (NDManager manager = TestTorch.start().newManager()) {
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
    try (NDManager manager = TestTorch.start().newManager()) {
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
      assertWeights(fixture.trained(), training.state);
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
