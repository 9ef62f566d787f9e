package dev.sparkling.trainer.model.pass;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.sparkling.checkpoint.format.FileKind;
import dev.sparkling.checkpoint.format.TensorSequence;
import dev.sparkling.pipeline.spec.training.BalancingScope;
import dev.sparkling.pipeline.spec.training.BalancingSpec;
import dev.sparkling.pipeline.spec.training.Recomputation;
import dev.sparkling.trainer.TestTorch;
import dev.sparkling.trainer.data.Batch;
import dev.sparkling.trainer.model.layout.ParameterTree;
import dev.sparkling.trainer.model.routing.RouterStatistics;
import dev.sparkling.trainer.model.state.ModelState;
import dev.sparkling.trainer.step.HuggingFaceFixture;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The number of micro-batch shards changes the speed and nothing else. */
class GradientPassesTest {

  private static final int MICRO_BATCHES = 2;

  /** Both sum some hundreds of 32-bit products of a size below 1, in another order. */
  private static final float ROUNDING = 2e-6f;

  @ParameterizedTest
  @CsvSource({
    "dense-untied, MICRO_BATCH,  NONE",
    "moe-tied,     MICRO_BATCH,  NONE",
    "moe-tied,     GLOBAL_BATCH, NONE",
    "moe-tied,     MICRO_BATCH,  LAYERS"
  })
  void twoShardsGiveTheLossesGradientsAndLoadsOfOne(
      String name, BalancingScope scope, Recomputation recomputation) {
    HuggingFaceFixture fixture = new HuggingFaceFixture(name);
    PassSettings settings =
        new PassSettings(
            HuggingFaceFixture.LENGTH,
            new BalancingSpec(0.05, scope, 0.01),
            recomputation,
            OptionalLong.empty());
    assertThat(fixture.batch(1).sequences()).as("can be halved").isEven();
    try (NDManager manager = TestTorch.start().newManager()) {
      Passed one = passes(fixture, settings, 1, manager);
      Passed two = passes(fixture, settings, 2, manager);
      for (int i = 0; i < MICRO_BATCHES; i++) {
        assertThat(two.losses.get(i)).isCloseTo(one.losses.get(i), within(ROUNDING));
      }
      for (int i = 0; i < one.gradients.size(); i++) {
        assertThat(two.gradients.get(i).toFloatArray())
            .as("gradient " + i)
            .containsExactly(one.gradients.get(i).toFloatArray(), within(ROUNDING));
      }
      assertThat(two.largestLoads()).isEqualTo(one.largestLoads());
    }
  }

  private record Passed(
      List<Float> losses, List<NDArray> gradients, List<RouterStatistics> routers) {
    List<Double> largestLoads() {
      return routers.stream().map(RouterStatistics::largestLoad).toList();
    }
  }

  /** Passes over two micro-batches, the first of which overwrites what the gradients held. */
  private static Passed passes(
      HuggingFaceFixture fixture, PassSettings settings, int threads, NDManager manager) {
    ModelState state = ModelState.ofWeights(fixture.model().model(), manager);
    try (TensorSequence tensors = fixture.model().read(FileKind.MODEL)) {
      state.load(tensors, "fixture");
    }
    ParameterTree<NDArray> gradients = state.weights().map(like -> manager.ones(like.getShape()));
    Transformer transformer =
        new Transformer(fixture.model().model(), state.weights(), settings, manager);
    try (GradientPasses passes = new GradientPasses(transformer, gradients, threads, manager)) {
      passes.beginStep();
      List<Float> losses = new ArrayList<>();
      for (int i = 1; i <= MICRO_BATCHES; i++) {
        Batch batch = fixture.batch(i);
        int tokens = batch.tokens().length;
        double weight = 1.0 / tokens / MICRO_BATCHES;
        NDArray loss = passes.lossAndGradients(batch, weight, manager);
        losses.add(loss.getFloat() / tokens);
      }
      passes.endStep();
      return new Passed(losses, gradients.all(), passes.routing().measure());
    }
  }
}
