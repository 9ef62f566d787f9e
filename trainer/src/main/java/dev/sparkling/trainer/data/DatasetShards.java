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
 * The shards of a dataset, mapped. Whoever is first, reader or background thread, copies a remote
 * shard or compares a local one; the other waits. A read tries again what failed before it came.
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

  /** Looks at every shard's size, and at no more of it. */
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

  /** The shard that holds the token at a position of the whole dataset. */
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

  /** A shard, once it is here and its SHA-256 is the index's. */
  TokenShard get(int shard) {
    FutureTask<TokenShard> earlier = mapped.get(shard);
    if (earlier != null && earlier.state() == FutureTask.State.FAILED) {
      // What failed ahead of need may have been a store that was away for a moment.
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
      throw new IllegalStateException("interrupted while a shard was fetched", e);
    }
  }

  /** Runs a shard's task, unless somebody else does. */
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
   * Starts the background thread, the first time only.
   *
   * @param order in which shards are needed, repetitions allowed; those it leaves out come last
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

  /** Stops the background thread, which ends after the part that it is at. */
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
