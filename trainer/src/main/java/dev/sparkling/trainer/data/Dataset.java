package dev.sparkling.trainer.data;

import dev.sparkling.checkpoint.format.Sha256;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.checkpoint.store.StoredObject;
import dev.sparkling.pipeline.error.CorruptCheckpoint;
import dev.sparkling.pipeline.error.UserError;
import java.nio.file.Path;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * A dataset's tokens, concatenated and cut into sequences: with sequences of L tokens, sequence i
 * has tokens {@code i * L} to {@code i * L + L}, the last of which is only a target. Shards are
 * memory-mapped; those in an object store are copied to this machine first. A read waits until the
 * shards that it needs are local and verified against their SHA-256, while a background thread
 * fetches and verifies the others.
 */
public final class Dataset implements AutoCloseable {

  private final DatasetIndex index;
  private final String fingerprint;
  private final DatasetShards shards;

  private Dataset(DatasetIndex index, String fingerprint, DatasetShards shards) {
    this.index = index;
    this.fingerprint = fingerprint;
    this.shards = shards;
  }

  /**
   * Opens a dataset. The store must stay open until the dataset is closed.
   *
   * @param store rooted at the dataset's folder
   * @param cache folder for shards of a remote store
   * @throws UserError if there is no dataset
   * @throws CorruptCheckpoint if a shard is missing or its size differs from the index; {@link
   *     #read} detects other damage
   */
  public static Dataset open(ObjectStore store, Path cache) {
    StoredObject object =
        store
            .find(DatasetIndex.NAME)
            .orElseThrow(
                () ->
                    new UserError(
                        store.location(DatasetIndex.NAME)
                            + ": does not exist; a dataset that 'sparkling data prepare' wrote is"
                            + " expected there"));
    byte[] bytes = store.readAll(object);
    String fingerprint = Sha256.hex(bytes);
    DatasetIndex index = DatasetIndex.decode(store.location(DatasetIndex.NAME), bytes);
    return new Dataset(index, fingerprint, DatasetShards.open(store, index, fingerprint, cache));
  }

  public DatasetIndex index() {
    return index;
  }

  /** Returns the SHA-256 of the index, which has the digests of the shards. */
  public String fingerprint() {
    return fingerprint;
  }

  /** Returns the number of whole sequences of a length. */
  public long sequences(int length) {
    if (length < 1) {
      throw new IllegalArgumentException("sequences of " + length + " tokens");
    }
    return Math.max(0, (index.tokens() - 1) / length);
  }

  /**
   * Reads a sequence and the token that follows it: {@code length + 1} tokens.
   *
   * @param vocabularySize vocabulary size of the model; larger tokens are an error
   * @param target receives the tokens
   * @throws UserError if a token is not in the model's vocabulary
   * @throws CorruptCheckpoint if a shard of the sequence differs from the index
   */
  public void read(long sequence, int length, int vocabularySize, long[] target) {
    shards.start(IntStream.range(0, shards.count()));
    long position = sequence * length;
    int copied = 0;
    for (int i = 0; i < shards.count(); i++) {
      long tokens = shards.tokens(i);
      if (position < tokens) {
        TokenShard shard = shards.get(i);
        int count = shard.copy(position, target, copied, length + 1 - copied);
        check(shard, position, target, copied, count, vocabularySize);
        copied += count;
        if (copied == length + 1) {
          return;
        }
        position = 0;
      } else {
        position -= tokens;
      }
    }
    throw new IllegalArgumentException("sequence " + sequence + " is beyond the dataset's end");
  }

  /**
   * Announces the order of future reads, which is the order in which shards are fetched. Only the
   * first call has an effect.
   *
   * @param sequences sequences in the order of the reads, consumed until all shards are covered
   */
  void expect(LongStream sequences, int length) {
    shards.start(
        sequences
            .mapToObj(
                sequence -> IntStream.of(shardOf(sequence, length), shardOf(sequence + 1, length)))
            .flatMapToInt(both -> both));
  }

  private int shardOf(long sequence, int length) {
    return shards.holding(sequence * length);
  }

  @Override
  public void close() {
    shards.close();
  }

  private static void check(
      TokenShard shard, long position, long[] tokens, int from, int count, int vocabularySize) {
    for (int i = 0; i < count; i++) {
      long token = tokens[from + i];
      if (token < 0 || token >= vocabularySize) {
        throw new UserError(
            shard.describe(position + i)
                + " holds token "
                + token
                + "; the model's vocabulary has "
                + vocabularySize);
      }
    }
  }
}
