package dev.sparkling.trainer.data;

import dev.sparkling.checkpoint.format.Sha256;
import dev.sparkling.checkpoint.store.FileErrors;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.checkpoint.store.StoredObject;
import dev.sparkling.pipeline.error.CorruptCheckpoint;
import dev.sparkling.pipeline.error.UserError;
import dev.sparkling.trainer.data.DatasetIndex.Shard;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * All tokens of a dataset as one row, cut into sequences: sequence i holds tokens {@code i * L} to
 * {@code i * L + L}, the last of which is the target of the one before. Shards are mapped; those in
 * an object store are first copied to a folder on this machine.
 */
public final class Dataset implements AutoCloseable {

  private static final long COPY_BYTES = 16L << 20;

  private final DatasetIndex index;
  private final String fingerprint;
  private final Arena arena = Arena.ofShared();
  private final List<TokenShard> shards = new ArrayList<>();

  private Dataset(DatasetIndex index, String fingerprint) {
    this.index = index;
    this.fingerprint = fingerprint;
  }

  /**
   * Opens a dataset.
   *
   * @param store rooted at the dataset's folder
   * @param cache where shards of a remote store are kept
   * @throws UserError where there is none
   * @throws CorruptCheckpoint where a shard is not what the index says
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
    Dataset dataset = new Dataset(index, fingerprint);
    try {
      for (Shard shard : index.shards()) {
        dataset.shards.add(
            dataset.map(store, shard, cache.resolve(fingerprint).resolve(shard.file())));
      }
      return dataset;
    } catch (RuntimeException e) {
      dataset.close();
      throw e;
    }
  }

  public DatasetIndex index() {
    return index;
  }

  /** SHA-256 of the index, which holds those of the shards. */
  public String fingerprint() {
    return fingerprint;
  }

  /** Number of whole sequences. */
  public long sequences(int length) {
    if (length < 1) {
      throw new IllegalArgumentException("sequences of " + length + " tokens");
    }
    return Math.max(0, (index.tokens() - 1) / length);
  }

  /**
   * Copies a sequence and the token after it: {@code length + 1} tokens.
   *
   * @param vocabularySize of the model, which no token may reach
   */
  public void read(long sequence, int length, int vocabularySize, long[] target) {
    long position = sequence * length;
    int copied = 0;
    for (TokenShard shard : shards) {
      if (position < shard.tokens()) {
        int count = shard.copy(position, target, copied, length + 1 - copied);
        check(shard, position, target, copied, count, vocabularySize);
        copied += count;
        if (copied == length + 1) {
          return;
        }
        position = 0;
      } else {
        position -= shard.tokens();
      }
    }
    throw new IllegalArgumentException("sequence " + sequence + " is beyond the dataset's end");
  }

  @Override
  public void close() {
    arena.close();
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

  private TokenShard map(ObjectStore store, Shard shard, Path copy) {
    StoredObject object =
        store
            .find(shard.file())
            .orElseThrow(
                () ->
                    new CorruptCheckpoint(
                        store.location(shard.file()) + ": is missing; dataset.json names it"));
    if (object.size() != shard.size()) {
      throw new CorruptCheckpoint(
          store.location(shard.file())
              + ": has "
              + object.size()
              + " bytes; dataset.json says "
              + shard.size());
    }
    Optional<Path> local = store.file(object);
    Path file = local.orElseGet(() -> fetch(store, object, shard, copy));
    TokenShard mapped = TokenShard.map(file, arena);
    if (mapped.tokens() != shard.tokens()) {
      throw new CorruptCheckpoint(
          file + ": holds " + mapped.tokens() + " tokens; dataset.json says " + shard.tokens());
    }
    return mapped;
  }

  /** Copies a shard once; the copy appears whole, with the right digest, or not at all. */
  private static Path fetch(ObjectStore store, StoredObject object, Shard shard, Path copy) {
    Path partial = copy.resolveSibling(shard.file() + ".partial");
    try (Arena scope = Arena.ofConfined()) {
      if (Files.exists(copy) && Files.size(copy) == shard.size()) {
        return copy;
      }
      Files.createDirectories(copy.getParent());
      Sha256 digest = new Sha256();
      try (FileChannel channel =
          FileChannel.open(
              partial,
              StandardOpenOption.CREATE,
              StandardOpenOption.TRUNCATE_EXISTING,
              StandardOpenOption.WRITE)) {
        MemorySegment buffer = scope.allocate(Math.min(COPY_BYTES, Math.max(1, shard.size())));
        for (long done = 0; done < shard.size(); done += buffer.byteSize()) {
          MemorySegment part = buffer.asSlice(0, Math.min(buffer.byteSize(), shard.size() - done));
          store.read(object, done, part);
          digest.update(part);
          var bytes = part.asByteBuffer();
          while (bytes.hasRemaining()) {
            channel.write(bytes);
          }
        }
      }
      String sha256 = digest.hex();
      if (!sha256.equals(shard.sha256())) {
        Files.delete(partial);
        throw new CorruptCheckpoint(
            store.location(shard.file())
                + ": SHA-256 is "
                + sha256
                + "; dataset.json says "
                + shard.sha256());
      }
      return Files.move(partial, copy, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw FileErrors.translate(copy, e);
    }
  }
}
