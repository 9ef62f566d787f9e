package dev.sparkling.pipeline.plan;

import dev.sparkling.pipeline.spec.model.MlpShape.DenseShape;
import dev.sparkling.pipeline.spec.model.MlpShape.ExpertsShape;
import dev.sparkling.pipeline.spec.model.ModelSpec;
import dev.sparkling.pipeline.spec.training.Precision;
import dev.sparkling.pipeline.spec.training.Recomputation;
import dev.sparkling.pipeline.spec.training.TrainingSpec;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * What training a stage on a CPU keeps in memory, in bytes: an estimate, without the process itself
 * (some hundred MiB) and what an allocator wastes.
 *
 * @param state weights, gradients (of two lanes, where there are two) and moments, and the copy
 *     that a checkpoint is written from
 * @param activations of one forward pass, kept for its backward pass
 */
public record TrainingMemory(long state, long activations) {

  /**
   * The most that attention's weights of all layers may take to be kept for the backward pass;
   * where they are more, that computes them again, which is 5 % of a step.
   */
  public static final long KEPT_ATTENTION = 512L << 20;

  /** Of a chunk of the vocabulary's logits, and as much again for their product. */
  private static final double LOGITS = 64 << 20;

  /**
   * Equal shares of a micro-batch whose passes go side by side on a CPU with an even number of
   * threads; each has gradients.
   */
  public static final int LANES = 2;

  public long total() {
    return state + activations;
  }

  /** Of a stage with its own batch size. */
  public static TrainingMemory of(ModelSpec model, TrainingSpec training) {
    return of(model, training, training.microBatchSize());
  }

  /** Of a stage, had it another number of sequences in a forward pass. */
  public static TrainingMemory of(ModelSpec model, TrainingSpec training, int microBatchSize) {
    return new TrainingMemory(
        (long) state(model, training, microBatchSize),
        (long) activations(model, training, microBatchSize));
  }

  /**
   * The most sequences in a forward pass that fit; they divide the global batch.
   *
   * @param bytes that there are
   * @return empty where not even one does
   */
  public static OptionalInt largestMicroBatch(ModelSpec model, TrainingSpec training, long bytes) {
    int batch = training.globalBatchSize();
    return IntStream.rangeClosed(1, training.microBatchSize())
        .filter(size -> batch % size == 0 && of(model, training, size).total() <= bytes)
        .max();
  }

  private static double state(ModelSpec model, TrainingSpec training, int microBatchSize) {
    double weights = ParameterCount.of(model).total();
    double moments = ParameterCount.optimizerState(model, training.optimizer().type());
    double gradients = microBatchSize % LANES == 0 ? LANES * weights : weights;
    double copy = weights + moments;
    double halves = training.precision() == Precision.BF16 ? weights / 2 : 0;
    return Float.BYTES * (weights + gradients + moments + copy + halves);
  }

  /** As the operators of transformer.torchscript keep them. */
  private static double activations(ModelSpec model, TrainingSpec training, int microBatchSize) {
    double length = training.sequenceLength();
    double tokens = microBatchSize * length;
    double size = training.precision() == Precision.BF16 ? Short.BYTES : Float.BYTES;
    double input = size * model.hiddenSize();
    double scores = Float.BYTES * length * model.attentionHeads();
    double kept = tokens * scores * model.layers() <= KEPT_ATTENTION ? scores / 2 : 0;
    double layer = size * attention(model) + kept + size * mlp(model);
    double layers =
        training.recomputation() == Recomputation.LAYERS
            ? input * model.layers() + layer
            : layer * model.layers();
    double logits = microBatchSize % LANES == 0 ? LANES * LOGITS : LOGITS;
    double masks = training.documentMasking() ? Float.BYTES * length : 0;
    // The backward pass of a layer makes about what its forward pass kept.
    return tokens * (layers + layer + masks) + logits;
  }

  /** Numbers for each token: norm, queries, keys and values, what they attend to, the sum. */
  private static double attention(ModelSpec model) {
    double queries = (double) model.attentionHeads() * model.headDim();
    double keys = (double) model.keyValueHeads() * model.headDim();
    return 2.0 * model.hiddenSize() + 2 * (queries + keys) + 2 * keys + queries;
  }

  /** Numbers for each token: norm, gate, up, their product and what goes into it, the sum. */
  private static double mlp(ModelSpec model) {
    double hidden = model.hiddenSize();
    double inner = 4.0 * model.innerSize();
    return switch (model.mlp()) {
      case DenseShape _ -> 2 * hidden + inner;
      case ExpertsShape shape ->
          2 * hidden + shape.expertsPerToken() * (hidden + inner) + 4.0 * shape.experts();
    };
  }
}
