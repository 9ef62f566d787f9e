package dev.sparkling.pipeline.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sparkling.pipeline.TestSpecs;
import dev.sparkling.pipeline.spec.model.Architecture;
import dev.sparkling.pipeline.spec.model.ModelSpec;
import dev.sparkling.pipeline.spec.training.TrainingSpec;
import dev.sparkling.pipeline.validation.SpecReader;
import org.junit.jupiter.api.Test;

/** Sequences of 64 tokens, 16 in a step. */
class TrainingMemoryTest {

  /** 180 parameters (RunPlanTest): one layer, hidden 4, inner 3, 2 heads of 2, one of keys. */
  private static final ModelSpec DENSE =
      new ModelSpec(Architecture.DENSE, 10, 1, 4, 3, 2, 1, 2, 0, 0, false, 10_000.0, 1e-6);

  @Test
  void countsAModelThatIsSmallEnoughToCountByHand() {
    TrainingMemory memory = TrainingMemory.of(DENSE, training(""), 2);
    // Weights, gradients of two shards, two moments; weights and moments again for the checkpoint.
    assertThat(memory.state()).isEqualTo(8 * 4 * 180);
    assertThat(TrainingMemory.of(DENSE, training(""), 1).state()).isEqualTo(7 * 4 * 180);
    // A layer: attention's 22 + 6 numbers per token, 9/16 of 2 * 64 scores, the MLP's 20. The head:
    // five times the hidden state, and the logits of two shards.
    long layer = 4 * (28 + 72 + 20);
    long head = 4 * 5 * 4 * 128 + 2 * 64 * 10 * 4;
    assertThat(memory.activations()).isEqualTo(128 * layer + head);
  }

  @Test
  void halfPrecisionHalvesActivationsExceptTheNormedHeadsAndAddsACopyOfTheWeights() {
    TrainingMemory memory = TrainingMemory.of(DENSE, training("precision: bf16"), 2);
    assertThat(memory.state()).isEqualTo(8 * 4 * 180 + 2 * 180);
    long normedHeads = 4 * 6;
    long layer = 2 * (22 + 72 + 20) + normedHeads;
    // Logits are rounded for the products.
    long head = 2 * 5 * 4 * 128 + 2 * 64 * 10 * (4 + 2);
    assertThat(memory.activations()).isEqualTo(128 * layer + head);
  }

  @Test
  void recomputationKeepsOneLayerAndTheInputsOfAll() {
    ModelSpec deep = layers(50);
    long layer = 128 * 4 * (28 + 72 + 20);
    long head = 4 * 5 * 4 * 128 + 2 * 64 * 10 * 4;
    long backward = 128 * (4 * 2 * 4 + 4 * 3 * 4);
    assertThat(TrainingMemory.of(deep, training(""), 2).activations()).isEqualTo(50 * layer + head);
    assertThat(TrainingMemory.of(deep, training("recomputation: layers"), 2).activations())
        .isEqualTo(50 * 128 * 4 * 4 + layer + backward);
  }

  @Test
  void softmaxIsNotCountedIfItIsTooLargeToKeep() {
    // 512 MiB are the fp32 scores of 2 heads and 64 positions of 2 sequences in 8192 layers.
    long kept = TrainingMemory.of(layers(8192), training(""), 2).activations();
    long recomputed = TrainingMemory.of(layers(8193), training(""), 2).activations();
    assertThat(kept - recomputed)
        .isEqualTo(8192 * 128L * 4 * (28 + 72 + 20) - 8193 * 128L * 4 * 48);
  }

  @Test
  void gradientOfTheEmbeddingIsCountedIfItIsLarger() {
    ModelSpec wide =
        new ModelSpec(Architecture.DENSE, 1000, 1, 4096, 3, 2, 1, 2, 0, 0, false, 10_000.0, 1e-6);
    assertThat(TrainingMemory.of(wide, training(""), 1).activations()).isEqualTo(4L * 1000 * 4096);
  }

  private static ModelSpec layers(int layers) {
    return new ModelSpec(
        Architecture.DENSE, 10, layers, 4, 3, 2, 1, 2, 0, 0, false, 10_000.0, 1e-6);
  }

  @Test
  void largestMicroBatchThatFitsDividesTheBatch() {
    TrainingSpec training = training("");
    long four = TrainingMemory.of(DENSE, training, 4).total();
    assertThat(TrainingMemory.largestMicroBatch(DENSE, training, four)).hasValue(4);
    assertThat(TrainingMemory.largestMicroBatch(DENSE, training, four - 1)).hasValue(2);
    assertThat(TrainingMemory.largestMicroBatch(DENSE, training, Long.MAX_VALUE)).hasValue(16);
    assertThat(TrainingMemory.largestMicroBatch(DENSE, training, 7 * 4 * 180)).isEmpty();
  }

  private static TrainingSpec training(String more) {
    String line = "    sequenceLength: 64\n";
    return SpecReader.read(
            TestSpecs.MINIMAL.replace(line, line + "    " + more + "\n"), "tiny.yaml")
        .spec()
        .training();
  }
}
