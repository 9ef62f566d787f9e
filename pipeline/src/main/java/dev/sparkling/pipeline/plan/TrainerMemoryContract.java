package dev.sparkling.pipeline.plan;

/**
 * Rules that determine how much memory the trainer uses. The trainer follows them, {@link
 * TrainingMemory} estimates with them, and a test of the trainer compares the estimate with what is
 * allocated.
 */
public final class TrainerMemoryContract {

  private static final int SHARDS_ON_CPU = 2;
  private static final long KEPT_SOFTMAX_BYTES = 512L << 20;
  private static final long LOGITS_PER_CHUNK = 8L << 20;

  private TrainerMemoryContract() {}

  /**
   * Returns the number of shards into which a micro-batch is split on a CPU. They run in parallel,
   * so each has its own gradients, activations and logits.
   *
   * @param threads number of CPU threads, divided equally between the shards
   */
  public static int shards(int sequences, int threads) {
    return sequences % SHARDS_ON_CPU == 0 && threads % SHARDS_ON_CPU == 0 ? SHARDS_ON_CPU : 1;
  }

  /**
   * Whether attention keeps its softmax for the backward pass: only if it takes at most 512 MiB for
   * all layers and shards together. Otherwise the backward pass recomputes it, which takes about 5%
   * of a step.
   *
   * @param tokens number of tokens of one shard
   */
  public static boolean keepsSoftmax(
      long tokens, long sequenceLength, int attentionHeads, int layers, int shards) {
    double scores = (double) tokens * sequenceLength * attentionHeads;
    return scores * layers * Float.BYTES <= (double) KEPT_SOFTMAX_BYTES / shards;
  }

  /**
   * Returns the number of tokens of a shard whose logits are in memory at the same time: 32 MiB in
   * fp32.
   */
  public static long tokensPerLogitsChunk(int vocabularySize) {
    return Math.max(1, LOGITS_PER_CHUNK / vocabularySize);
  }
}
