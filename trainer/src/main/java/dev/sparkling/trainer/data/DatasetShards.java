package dev.sparkling.trainer.data;

import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.checkpoint.store.StoredObject;
import dev.sparkling.pipeline.error.CorruptCheckpoint;
import dev.sparkling.trainer.data.DatasetIndex.Shard;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Objects;
import java.util.PrimitiveIterator;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The memory-mapped shards of a dataset. The reader and a background thread fetch and verify
 * shards; if one is working on a shard, the other waits for it. A read retries a shard that failed
 * in the background.
 */
final class DatasetShards implements AutoCloseable {

  private final List<Shard> shards;
  private final ShardCopies copies;
  private final List<StoredObject> objects = new ArrayList<>();
  private final Arena arena = Arena.ofShared();
  private final AtomicReferenceArray<@Nullable FutureTask<TokenShard>> mapped;
  private @Nullable Thread background;

  private DatasetShards(List<Shard> shards, ShardCopies copies) {
    this.shards = shards;
    this.copies = copies;
    this.mapped = new AtomicReferenceArray<>(shards.size());
  }

  /** Opens the shards; checks only their sizes. */
  static DatasetShards open(ObjectStore store, DatasetIndex index, String fingerprint, Path cache) {
    DatasetShards opened =
        new DatasetShards(index.shards(), new ShardCopies(store, fingerprint, cache));
    for (Shard shard : index.shards()) {
      opened.objects.add(opened.copies.find(shard));
    }
    return opened;
  }

  int count() {
    return shards.size();
  }

  long tokens(int shard) {
    return shards.get(shard).tokens();
  }

  /** Returns the shard that has the token at a position of the dataset. */
  int holding(long position) {
    long begin = 0;
    for (int i = 0; i < shards.size(); i++) {
      begin += shards.get(i).tokens();
      if (position < begin) {
        return i;
      }
    }
    return shards.size() - 1;
  }

  /** Waits until a shard is local and verified. */
  TokenShard get(int shard) {
    FutureTask<TokenShard> earlier = mapped.get(shard);
    if (earlier != null && earlier.state() == FutureTask.State.FAILED) {
      // It failed in the background, possibly because the store was briefly unavailable.
      mapped.compareAndSet(shard, earlier, null);
    }
    begin(shard);
    FutureTask<TokenShard> task = Objects.requireNonNull(mapped.get(shard));
    try {
      return task.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while fetching a shard", e);
    }
  }

  /** Fetches and verifies a shard, unless another thread is doing so or has done so. */
  private void begin(int shard) {
    FutureTask<TokenShard> task = new FutureTask<>(() -> map(shard));
    if (mapped.compareAndSet(shard, null, task)) {
      task.run();
    }
  }

  private TokenShard map(int number) {
    Shard shard = shards.get(number);
    Path file = copies.verified(objects.get(number), shard);
    TokenShard result = TokenShard.map(file, arena);
    if (result.tokens() != shard.tokens()) {
      throw new CorruptCheckpoint(
          file + ": holds " + result.tokens() + " tokens; dataset.json says " + shard.tokens());
    }
    return result;
  }

  /**
   * Starts the background thread, if it has not been started.
   *
   * @param order shards in the order in which they are needed, repetitions allowed; missing ones
   *     are fetched last
   */
  synchronized void start(IntStream order) {
    if (background == null && count() > 1) {
      background = Thread.ofPlatform().daemon().name("shards").start(() -> work(order));
    }
  }

  private void work(IntStream order) {
    BitSet done = new BitSet(count());
    PrimitiveIterator.OfInt expected =
        IntStream.concat(order, IntStream.range(0, count())).iterator();
    while (done.cardinality() < count() && expected.hasNext() && !copies.stopped()) {
      int shard = expected.nextInt();
      if (!done.get(shard)) {
        done.set(shard);
        begin(shard);
      }
    }
  }

  /** Stops the background thread after its current part, and unmaps the shards. */
  @Override
  public synchronized void close() {
    copies.stop();
    if (background != null) {
      boolean interrupted = false;
      while (background.isAlive()) {
        try {
          background.join();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
    if (arena.scope().isAlive()) {
      arena.close();
    }
  }
}
