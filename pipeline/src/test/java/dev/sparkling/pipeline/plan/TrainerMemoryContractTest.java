package dev.sparkling.pipeline.plan;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TrainerMemoryContractTest {

  @Test
  void microBatchIsSplitIfSequencesAndThreadsCanBeHalved() {
    assertThat(TrainerMemoryContract.shards(4, 2)).isEqualTo(2);
    assertThat(TrainerMemoryContract.shards(3, 2)).isEqualTo(1);
    assertThat(TrainerMemoryContract.shards(1, 2)).isEqualTo(1);
    assertThat(TrainerMemoryContract.shards(4, 3)).isEqualTo(1);
  }

  @Test
  void shardsShareTheMemoryOfSoftmaxesThatAreKept() {
    // 512 MiB in fp32: 16 sequences of 1024 tokens, 8 heads, 1 layer.
    long tokens = 16 * 1024;
    assertThat(TrainerMemoryContract.keepsSoftmax(tokens, 1024, 8, 1, 1)).isTrue();
    assertThat(TrainerMemoryContract.keepsSoftmax(tokens + 1, 1024, 8, 1, 1)).isFalse();
    assertThat(TrainerMemoryContract.keepsSoftmax(tokens / 2, 1024, 8, 1, 2)).isTrue();
    assertThat(TrainerMemoryContract.keepsSoftmax(tokens / 2 + 1, 1024, 8, 1, 2)).isFalse();
  }

  @Test
  void logitsExistForAtLeastOneToken() {
    assertThat(TrainerMemoryContract.tokensPerLogitsChunk(32_768)).isEqualTo(256);
    assertThat(TrainerMemoryContract.tokensPerLogitsChunk(10_000_000)).isEqualTo(1);
  }
}
