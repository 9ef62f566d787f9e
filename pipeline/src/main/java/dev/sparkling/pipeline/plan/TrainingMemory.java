package dev.sparkling.pipeline.plan;

import dev.sparkling.pipeline.spec.model.MlpShape.DenseShape;
import dev.sparkling.pipeline.spec.model.MlpShape.ExpertsShape;
import dev.sparkling.pipeline.spec.model.ModelSpec;
import dev.sparkling.pipeline.spec.training.OptimizerType;
import dev.sparkling.pipeline.spec.training.Precision;
import dev.sparkling.pipeline.spec.training.TrainingSpec;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * An estimate of the memory that training a stage on a CPU takes, in bytes, by the rules of {@link
 * TrainerMemoryContract}. The process itself, a few hundred MiB, and the allocator's overhead are
 * not included.
 *
 * @param state weights, gradients of each micro-batch shard, moments, and the copy that a
 *     checkpoint is written from
 * @param activations peak of a step's other allocations: the tensors saved for the backward pass
 *     plus the operation that needs the most memory then, or a larger operation afterwards
 */
public record TrainingMemory(long state, long activations) {

  /** An even number of CPU threads, which allows two micro-batch shards. */
  private static final int THREADS = 2;

  /**
   * Share of the attention scores that is computed: at and below the diagonal, and above it within
   * blocks.
   */
  private static final double COMPUTED_SCORES = 0.5 + 1.0 / 16;

  public long total() {
    return state + activations;
  }

  /** Returns the memory of a stage with the micro-batch size of its settings. */
  public static TrainingMemory of(ModelSpec model, TrainingSpec training) {
    return of(model, training, training.microBatchSize());
  }

  /** Returns the memory of a stage with another micro-batch size. */
  public static TrainingMemory of(ModelSpec model, TrainingSpec training, int microBatchSize) {
    int shards = TrainerMemoryContract.shards(microBatchSize, THREADS);
    return new TrainingMemory(
        (long) state(model, training, shards),
        (long)
            Math.max(
                passes(model, training, microBatchSize, shards),
                Math.max(embeddingBackward(model, shards), update(model, training))));
  }

  /**
   * Returns the largest micro-batch size that fits and divides the global batch size.
   *
   * @param bytes available memory
   * @return empty if not even one sequence fits
   */
  public static OptionalInt largestMicroBatch(ModelSpec model, TrainingSpec training, long bytes) {
    int batch = training.globalBatchSize();
    return IntStream.rangeClosed(1, training.microBatchSize())
        .filter(size -> batch % size == 0 && of(model, training, size).total() <= bytes)
        .max();
  }

  private static double state(ModelSpec model, TrainingSpec training, int shards) {
    double weights = ParameterCount.of(model).total();
    double gradients = shards * weights;
    double moments = ParameterCount.optimizerState(model, training.optimizer().type());
    double copy = weights + moments;
    double halves = training.precision() == Precision.BF16 ? weights / 2 : 0;
    return Float.BYTES * (weights + gradients + moments + copy + halves);
  }

  private static double passes(
      ModelSpec model, TrainingSpec training, int microBatchSize, int shards) {
    double size = training.precision() == Precision.BF16 ? Short.BYTES : Float.BYTES;
    long tokens = (long) microBatchSize * training.sequenceLength();
    double input = size * model.hiddenSize();
    double layer =
        attention(model, size) + softmax(model, training, tokens, shards, size) + mlp(model, size);
    double backward = mlpBackward(model, size);
    double head = head(model, tokens, shards, size);
    double mask = training.documentMasking() ? Float.BYTES * training.sequenceLength() : 0;
    return tokens * mask
        + switch (training.recomputation()) {
          case NONE -> tokens * layer * model.layers() + Math.max(head, tokens * backward);
          case LAYERS ->
              tokens * input * model.layers() + Math.max(head, tokens * (layer + backward));
        };
  }

  /** Bytes per token: norm, heads' norms in fp32, queries and keys, keys, values, context, sum. */
  private static double attention(ModelSpec model, double size) {
    double queries = (double) model.attentionHeads() * model.headDim();
    double keys = (double) model.keyValueHeads() * model.headDim();
    return size * (2.0 * model.hiddenSize() + 2 * queries + 3 * keys)
        + Float.BYTES * (queries + keys);
  }

  /** Bytes per token of the softmax that the contract lets attention keep. */
  private static double softmax(
      ModelSpec model, TrainingSpec training, long tokens, int shards, double size) {
    int length = training.sequenceLength();
    int heads = model.attentionHeads();
    boolean keeps =
        TrainerMemoryContract.keepsSoftmax(tokens / shards, length, heads, model.layers(), shards);
    return keeps ? size * COMPUTED_SCORES * length * heads : 0;
  }

  /**
   * Bytes per token: norm and sum; gate, up, silu and product; and inputs and router of experts.
   */
  private static double mlp(ModelSpec model, double size) {
    double hidden = model.hiddenSize();
    double inner = 4.0 * model.innerSize();
    return switch (model.mlp()) {
      case DenseShape _ -> size * (2 * hidden + inner);
      case ExpertsShape shape ->
          size * (2 * hidden + shape.expertsPerToken() * (hidden + inner))
              + Float.BYTES * shape.experts();
    };
  }

  /** Bytes per token: gradients of output and norm, three fp32 terms, and the rows of experts. */
  private static double mlpBackward(ModelSpec model, double size) {
    double hidden = model.hiddenSize();
    double rows =
        switch (model.mlp()) {
          case DenseShape _ -> 0;
          case ExpertsShape shape -> shape.expertsPerToken() * hidden;
        };
    return size * (2 * hidden + rows) + Float.BYTES * 3 * hidden;
  }

  /** Bytes of the last norm's output, gradients and terms, and of a chunk of logits per shard. */
  private static double head(ModelSpec model, long tokens, int shards, double size) {
    double atATime =
        Math.min(
            TrainerMemoryContract.tokensPerLogitsChunk(model.vocabularySize()), tokens / shards);
    double logit = size == Float.BYTES ? size : Float.BYTES + size;
    return size * 5 * model.hiddenSize() * tokens
        + shards * atATime * model.vocabularySize() * logit;
  }

  /** Bytes of the embedding's gradient, which every micro-batch shard allocates. */
  private static double embeddingBackward(ModelSpec model, int shards) {
    return (double) Float.BYTES * shards * model.vocabularySize() * model.hiddenSize();
  }

  /**
   * Bytes of the temporary matrices with which Muon orthogonalizes a layer's gates and ups at once.
   */
  private static double update(ModelSpec model, TrainingSpec training) {
    if (training.optimizer().type() != OptimizerType.MUON) {
      return 0;
    }
    double matrices =
        switch (model.mlp()) {
          case DenseShape _ -> 2;
          case ExpertsShape shape -> 2.0 * shape.experts();
        };
    double hidden = model.hiddenSize();
    double inner = model.innerSize();
    double shorter = Math.min(hidden, inner);
    return Float.BYTES * matrices * (2 * hidden * inner + shorter * shorter);
  }
}
