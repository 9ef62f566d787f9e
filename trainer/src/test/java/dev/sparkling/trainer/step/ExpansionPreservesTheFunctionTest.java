package dev.sparkling.trainer.step;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import dev.sparkling.checkpoint.format.CheckpointReader;
import dev.sparkling.checkpoint.format.FileKind;
import dev.sparkling.checkpoint.format.TensorSequence;
import dev.sparkling.checkpoint.model.ModelConfiguration;
import dev.sparkling.checkpoint.model.TestModels;
import dev.sparkling.pipeline.spec.model.Initialization;
import dev.sparkling.trainer.TestTorch;
import dev.sparkling.trainer.data.Batch;
import dev.sparkling.trainer.model.pass.PassSettings;
import dev.sparkling.trainer.model.pass.Transformer;
import dev.sparkling.trainer.model.state.ModelState;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * At 2x, and at any whole ratio, copy-copy computes the same logits. The models have hidden size 8
 * and inner size 6, and weights, norms included, that are random.
 */
class ExpansionPreservesTheFunctionTest {

  private static final int LENGTH = 16;
  private static final float TOLERANCE = 1e-5f;

  @ParameterizedTest
  @CsvSource({
    "moe, tied, 16, 6",
    "moe, tied, 8, 12",
    "moe, tied, 16, 12",
    "moe, untied, 16, 12",
    "dense, tied, 16, 6",
    "dense, untied, 8, 12",
    "dense, untied, 16, 12",
    "moe, tied, 24, 18",
    "dense, untied, 32, 24",
  })
  void logitsBeforeAndAfterAgree(String architecture, String head, int hidden, int inner) {
    boolean tied = head.equals("tied");
    ModelConfiguration model =
        architecture.equals("moe") ? TestModels.moe(tied) : TestModels.dense(tied);
    assertPreserved(model, hidden, inner, Initialization.COPY_COPY);
  }

  /** Baselines keep the output at any ratio of an axis that no norm is applied to. */
  @ParameterizedTest
  @CsvSource({
    "NAIVE, 8, 9",
    "NAIVE, 16, 15",
    "UNEVEN, 8, 9",
    "UNEVEN, 24, 12",
    "PERTURB, 8, 15",
    "PERTURB, 16, 12",
    "SIGNAL_TO_NOISE, 24, 18",
  })
  void baselinesPreserveTheFunction(Initialization initialization, int hidden, int inner) {
    assertPreserved(TestModels.moe(true), hidden, inner, initialization);
    assertPreserved(TestModels.dense(false), hidden, inner, initialization);
  }

  /** New channels that are zero change nothing, on either axis and at any ratio. */
  @ParameterizedTest
  @CsvSource({"12, 6", "20, 6", "8, 9", "8, 15", "12, 9", "16, 12"})
  void zeroCopyPreservesTheFunction(int hidden, int inner) {
    assertPreserved(TestModels.moe(true), hidden, inner, Initialization.ZERO_COPY);
    assertPreserved(TestModels.dense(false), hidden, inner, Initialization.ZERO_COPY);
  }

  private static void assertPreserved(
      ModelConfiguration model, int hidden, int inner, Initialization initialization) {
    ExpandedModel expanded = ExpandedModel.of(model, hidden, inner, initialization);
    float[] before = logits(expanded.narrow());
    float[] after = logits(expanded.wide());
    assertThat(spread(before)).as("logits that are all alike prove nothing").isGreaterThan(1);
    assertThat(after).containsExactly(before, within(TOLERANCE));
  }

  private static float[] logits(CheckpointReader reader) {
    try (NDManager manager = TestTorch.start().newManager();
        TensorSequence tensors = reader.read(FileKind.MODEL)) {
      ModelState state = ModelState.ofWeights(reader.model(), manager);
      state.load(tensors, reader.location());
      return new Transformer(reader.model(), state.weights(), PassSettings.forward(LENGTH), manager)
          .logits(batch(reader.model()), manager)
          .toFloatArray();
    }
  }

  private static Batch batch(ModelConfiguration model) {
    long[] tokens = new Random(1).longs(3L * LENGTH, 0, model.vocabularySize()).toArray();
    return new Batch(3, tokens, tokens);
  }

  private static float spread(float[] values) {
    float least = Float.MAX_VALUE;
    float most = -Float.MAX_VALUE;
    for (float value : values) {
      least = Math.min(least, value);
      most = Math.max(most, value);
    }
    return most - least;
  }
}
