package dev.sparkling.trainer.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.sparkling.checkpoint.format.CheckpointReader;
import dev.sparkling.checkpoint.format.FileKind;
import dev.sparkling.checkpoint.format.Moment;
import dev.sparkling.checkpoint.format.TensorSequence;
import dev.sparkling.checkpoint.format.TrainerState;
import dev.sparkling.checkpoint.model.ModelConfiguration;
import dev.sparkling.pipeline.spec.OptimizerSpec;
import dev.sparkling.pipeline.spec.OptimizerType;
import dev.sparkling.trainer.TestTorch;
import dev.sparkling.trainer.optim.AdamW;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
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
      Transformer transformer = new Transformer(reader.model(), HuggingFaceFixture.LENGTH, manager);
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
      ModelConfiguration model = reader.model();
      ModelState state = ModelState.ofTraining(model, manager);
      load(reader, state);
      Weights<Parameter> layout = ParameterLayout.of(model);
      Weights<NDArray> gradients = ModelState.zeros(layout, manager);
      Transformer transformer = new Transformer(model, HuggingFaceFixture.LENGTH, manager);
      AdamW adamW =
          new AdamW(
              new OptimizerSpec(OptimizerType.ADAMW, List.of(0.9, 0.95), 1e-8, 0.1),
              states(layout, state, gradients),
              new TrainerState(
                  0,
                  0,
                  1,
                  2,
                  "",
                  "",
                  new TrainerState.Widths(model.hiddenSize(), model.innerSize()),
                  Map.of(),
                  List.of()),
              manager);
      int tokens = HuggingFaceFixture.SEQUENCES * HuggingFaceFixture.LENGTH;
      float[] losses = new float[HuggingFaceFixture.STEPS];
      for (int step = 1; step <= losses.length; step++) {
        adamW.zeroGradients();
        double loss =
            transformer.lossAndGradients(
                state.weights(), gradients, fixture.batch(step), 1.0 / tokens);
        adamW.update(step, List.of(fixture.rates()[step - 1]));
        losses[step - 1] = (float) (loss / tokens);
      }
      assertThat(losses).containsExactly(fixture.losses(), within(LOSS_TOLERANCE));
      assertWeights(fixture.trained(), state);
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

  private static List<AdamW.State> states(
      Weights<Parameter> layout, ModelState state, Weights<NDArray> gradients) {
    List<AdamW.State> states = new ArrayList<>();
    for (int i = 0; i < layout.all().size(); i++) {
      states.add(
          new AdamW.State(
              layout.all().get(i),
              state.weights().all().get(i),
              gradients.all().get(i),
              state.moment(Moment.FIRST).all().get(i),
              state.moment(Moment.SECOND).all().get(i)));
    }
    return states;
  }

  private static void load(CheckpointReader reader, ModelState state) {
    try (TensorSequence tensors = reader.read(FileKind.MODEL)) {
      state.load(tensors, reader.location());
    }
  }
}
