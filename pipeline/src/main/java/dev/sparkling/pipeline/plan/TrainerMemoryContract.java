package dev.sparkling.pipeline.plan;

/**
 * What the trainer promises about the memory that it takes. {@link TrainingMemory} estimates with
 * these rules, the trainer computes by them, and a test of the trainer compares the estimate with
 * what is allocated.
 */
public final class TrainerMemoryContract {

  private static final int SHARDS_ON_CPU = 2;
  private static final long KEPT_SOFTMAX_BYTES = 512L << 20;
  private static final long LOGITS_PER_CHUNK = 8L << 20;

  private TrainerMemoryContract() {}

  /**
   * The number of shards into which a micro-batch is split on a CPU. They run at the same time, so
   * that each has gradients, activations and logits of its own.
   *
   * @param threads of the CPU, of which each shard has an equal number
   */
  public static int shards(int sequences, int threads) {
    return sequences % SHARDS_ON_CPU == 0 && threads % SHARDS_ON_CPU == 0 ? SHARDS_ON_CPU : 1;
  }

  /**
   * Whether attention keeps its softmax for the backward pass: while that of all layers and shards
   * takes at most 512 MiB. Otherwise the backward pass computes it again, in about 5 % of a step.
   *
   * @param tokens of one shard
   */
  public static boolean keepsSoftmax(
      long tokens, long sequenceLength, int attentionHeads, int layers, int shards) {
    double scores = (double) tokens * sequenceLength * attentionHeads;
    return scores * layers * Float.BYTES <= (double) KEPT_SOFTMAX_BYTES / shards;
  }

  /** The number of tokens of a shard whose logits exist at the same time: 32 MiB in fp32. */
  public static long tokensPerLogitsChunk(int vocabularySize) {
    return Math.max(1, LOGITS_PER_CHUNK / vocabularySize);
  }
}
