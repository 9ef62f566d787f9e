package dev.sparkling.trainer.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sparkling.checkpoint.store.FolderObjectStore;
import dev.sparkling.checkpoint.store.InMemoryObjectStore;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.checkpoint.store.StoredObject;
import dev.sparkling.pipeline.error.CorruptCheckpoint;
import dev.sparkling.pipeline.error.TransientError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Datasets of four shards of 100 tokens, where every token of shard n is n. */
@Timeout(60)
class DatasetShardsTest {

  private static final int LENGTH = 10;

  @TempDir private Path folder;

  @Test
  void firstReadWaitsForItsShardAloneAndTheRestFollowsInTheOrderOfNeed() {
    CountDownLatch permission = new CountDownLatch(1);
    ObservedObjectStore store =
        new ObservedObjectStore(
            fourShards(new InMemoryObjectStore()),
            key -> {
              if (key.endsWith("1.arrow") || key.endsWith("0.arrow")) {
                await(permission);
              }
            });
    try (Dataset dataset = open(store)) {
      assertThat(store.reads).containsExactly("dataset.json");
      // In the order 3, 1, 0, 2: the thread gets 3 and is then blocked at 1.
      dataset.expect(LongStream.of(35, 15, 5, 25), LENGTH);
      assertThat(read(dataset, 35)).containsOnly(3);
      until(() -> store.reads.size() == 3);
      assertThat(read(dataset, 25)).containsOnly(2);
      permission.countDown();
      until(() -> store.reads.size() == 5);
      assertThat(read(dataset, 5)).containsOnly(0);
    }
    assertThat(store.reads).containsExactly("dataset.json", shard(3), shard(1), shard(2), shard(0));
  }

  @Test
  void damagedRemoteShardFailsTheReadThatNeedsItAndGoodOnesAreCopiedOnce() {
    ObjectStore memory = fourShards(new InMemoryObjectStore());
    byte[] bytes = memory.readAll(memory.get(shard(2)));
    bytes[bytes.length / 2] ^= 1;
    memory.write(shard(2), bytes);
    ObservedObjectStore store = new ObservedObjectStore(memory, _ -> {});
    try (Dataset dataset = open(store)) {
      assertThat(read(dataset, 5)).containsOnly(0);
      until(() -> store.reads.contains(shard(3)));
      assertThat(read(dataset, 35)).containsOnly(3);
      assertThatThrownBy(() -> read(dataset, 25))
          .isInstanceOf(CorruptCheckpoint.class)
          .hasMessageStartingWith("memory:shard-00002.arrow: SHA-256 is ");
      assertThat(read(dataset, 15)).containsOnly(1);
    }
    store.reads.clear();
    try (Dataset again = open(store)) {
      assertThat(read(again, 5)).containsOnly(0);
      assertThat(read(again, 35)).containsOnly(3);
    }
    assertThat(store.reads).doesNotContain(shard(0), shard(1), shard(3));
  }

  @Test
  void closingStopsTheCopies() {
    CountDownLatch permission = new CountDownLatch(1);
    ObservedObjectStore store =
        new ObservedObjectStore(
            fourShards(new InMemoryObjectStore()),
            key -> {
              if (key.endsWith("1.arrow")) {
                await(permission);
              }
            });
    Dataset dataset = open(store);
    assertThat(read(dataset, 5)).containsOnly(0);
    until(() -> store.reads.contains(shard(1)));
    Thread closing = Thread.ofPlatform().start(dataset::close);
    // Closing has started once it waits for the blocked copy.
    until(() -> closing.getState() == Thread.State.WAITING);
    permission.countDown();
    until(() -> !closing.isAlive());
    assertThat(store.reads).doesNotContain(shard(2), shard(3));
  }

  @Test
  void modifiedLocalShardOfTheSameSizeIsNamed() throws IOException {
    ObjectStore store = fourShards(new FolderObjectStore(folder.resolve("data")));
    Path file = folder.resolve("data").resolve(shard(1));
    byte[] bytes = Files.readAllBytes(file);
    // Changes a token, so that it stays an Arrow file.
    bytes[bytes.length / 3] ^= 1;
    Files.write(file, bytes);
    try (Dataset dataset = open(store)) {
      assertThat(read(dataset, 35)).containsOnly(3);
      assertThatThrownBy(() -> read(dataset, 15))
          .isInstanceOf(CorruptCheckpoint.class)
          .hasMessageStartingWith(file + ": SHA-256 is ");
    }
  }

  @Test
  void damagedCopyIsFetchedAgain() throws IOException {
    ObjectStore store = fourShards(new InMemoryObjectStore());
    try (Dataset dataset = open(store)) {
      assertThat(read(dataset, 15)).containsOnly(1);
    }
    Path copy;
    try (Stream<Path> files = Files.walk(folder.resolve("cache"))) {
      copy = files.filter(file -> file.endsWith(shard(1))).findFirst().orElseThrow();
    }
    byte[] bytes = Files.readAllBytes(copy);
    bytes[bytes.length / 3] ^= 1;
    Files.write(copy, bytes);
    Files.setLastModifiedTime(copy, FileTime.from(Instant.now().plusSeconds(2)));
    try (Dataset dataset = open(store)) {
      assertThat(read(dataset, 15)).containsOnly(1);
    }
  }

  @Test
  void readRetriesWhatFailedInTheBackground() {
    AtomicInteger failures = new AtomicInteger();
    ObservedObjectStore store =
        new ObservedObjectStore(
            fourShards(new InMemoryObjectStore()),
            key -> {
              if (key.endsWith("1.arrow") && failures.getAndIncrement() == 0) {
                throw new TransientError("the store is away", null);
              }
            });
    try (Dataset dataset = open(store)) {
      assertThat(read(dataset, 5)).containsOnly(0);
      // The thread takes shards in turn: once it is at 2, it has failed at 1.
      until(() -> store.reads.contains(shard(2)));
      assertThat(read(dataset, 15)).containsOnly(1);
    }
    assertThat(failures).hasValue(2);
  }

  @Test
  void localShardIsVerifiedAgainOnlyIfItsTimeChanges() throws IOException {
    Path file = folder.resolve("data").resolve(shard(1));
    ObjectStore store = fourShards(new FolderObjectStore(folder.resolve("data")));
    ShardCopies copies = new ShardCopies(store, "none", folder.resolve("cache"));
    DatasetIndex.Shard shard =
        DatasetIndex.decode("i", store.readAll(store.get(DatasetIndex.NAME))).shards().get(1);
    StoredObject object = copies.find(shard);
    copies.verified(object, shard);
    FileTime time = Files.getLastModifiedTime(file);
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length / 3] ^= 1;
    Files.write(file, bytes);
    Files.setLastModifiedTime(file, time);
    copies.verified(object, shard);
    Files.setLastModifiedTime(file, FileTime.from(time.toInstant().plusSeconds(1)));
    assertThatThrownBy(() -> copies.verified(object, shard)).isInstanceOf(CorruptCheckpoint.class);
  }

  private Dataset open(ObjectStore store) {
    return Dataset.open(store, folder.resolve("cache"));
  }

  private static long[] read(Dataset dataset, long sequence) {
    long[] tokens = new long[LENGTH + 1];
    dataset.read(sequence, LENGTH, 4, tokens);
    return tokens;
  }

  private static ObjectStore fourShards(ObjectStore store) {
    List<DatasetIndex.Shard> shards = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      int[] tokens = new int[100];
      java.util.Arrays.fill(tokens, i);
      try (ShardWriter writer = new ShardWriter(store, shard(i))) {
        writer.add("document", tokens);
        String sha256 = writer.end();
        writer.commit();
        shards.add(new DatasetIndex.Shard(shard(i), 1, 100, writer.bytes(), sha256));
      }
    }
    store.write(
        DatasetIndex.NAME,
        new DatasetIndex(
                DatasetIndex.FORMAT, DatasetIndex.VERSION, "none", 4, 0, 4, 400, 400, 1.0, shards)
            .encode());
    return store;
  }

  private static String shard(int number) {
    return "shard-0000" + number + ".arrow";
  }

  private static void await(CountDownLatch permission) {
    try {
      permission.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Waits at most 20 seconds, much longer than anything takes here. */
  private static void until(BooleanSupplier reached) {
    Instant end = Instant.now().plus(Duration.ofSeconds(20));
    while (!reached.getAsBoolean()) {
      assertThat(Instant.now()).isBefore(end);
      Thread.onSpinWait();
    }
  }
}
