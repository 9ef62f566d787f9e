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

  /** Of each lane. */
  private static final long LOGITS = 64L << 20;

  @Test
  void countsAModelThatIsSmallEnoughToCountByHand() {
    TrainingMemory memory = TrainingMemory.of(DENSE, training(""), 2);
    // Weights, gradients of two lanes, two moments; weights and moments again for the checkpoint.
    assertThat(memory.state()).isEqualTo(8 * 4 * 180);
    assertThat(TrainingMemory.of(DENSE, training(""), 1).state()).isEqualTo(7 * 4 * 180);
    // Attention 8 + 12 + 4 + 4 and half of 2 * 64 scores, MLP 8 + 12; forward and backward.
    assertThat(memory.activations()).isEqualTo(2 * (128 * 4 * (28 + 64 + 20)) + 2 * LOGITS);
  }

  @Test
  void halfPrecisionHalvesActivationsAndAddsACopyOfTheWeights() {
    TrainingMemory memory = TrainingMemory.of(DENSE, training("precision: bf16"), 2);
    assertThat(memory.state()).isEqualTo(8 * 4 * 180 + 2 * 180);
    assertThat(memory.activations()).isEqualTo(2 * (128 * (2 * 48 + 4 * 64)) + 2 * LOGITS);
  }

  @Test
  void recomputationKeepsOneLayerAndTheInputsOfAll() {
    ModelSpec deep =
        new ModelSpec(Architecture.DENSE, 10, 50, 4, 3, 2, 1, 2, 0, 0, false, 10_000.0, 1e-6);
    long layer = 128 * 4 * (28 + 64 + 20);
    assertThat(TrainingMemory.of(deep, training(""), 2).activations())
        .isEqualTo(51 * layer + 2 * LOGITS);
    assertThat(TrainingMemory.of(deep, training("recomputation: layers"), 2).activations())
        .isEqualTo(50 * 128 * 4 * 4 + 2 * layer + 2 * LOGITS);
  }

  @Test
  void largestMicroBatchThatFitsDividesTheBatch() {
    TrainingSpec training = training("");
    long four = TrainingMemory.of(DENSE, training, 4).total();
    assertThat(TrainingMemory.largestMicroBatch(DENSE, training, four)).hasValue(4);
    assertThat(TrainingMemory.largestMicroBatch(DENSE, training, four - 1)).hasValue(2);
    assertThat(TrainingMemory.largestMicroBatch(DENSE, training, Long.MAX_VALUE)).hasValue(16);
    assertThat(TrainingMemory.largestMicroBatch(DENSE, training, LOGITS)).isEmpty();
  }

  private static TrainingSpec training(String more) {
    String line = "    sequenceLength: 64\n";
    return SpecReader.read(
            TestSpecs.MINIMAL.replace(line, line + "    " + more + "\n"), "tiny.yaml")
        .spec()
        .training();
  }
}
