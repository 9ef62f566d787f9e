package dev.sparkling.trainer.data;

import dev.sparkling.checkpoint.format.Sha256;
import dev.sparkling.checkpoint.store.FileErrors;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.checkpoint.store.StoredObject;
import dev.sparkling.pipeline.error.CorruptCheckpoint;
import dev.sparkling.trainer.data.DatasetIndex.Shard;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CancellationException;

/** Copies remote shards to the cache, which also records the files that have been verified. */
final class ShardCopies {

  private static final long PART_BYTES = 16L << 20;
  private static final String PARTIAL = ".partial";
  private static final Duration LEFTOVER_AGE = Duration.ofDays(1);

  private final ObjectStore store;
  private final String fingerprint;
  private final Path cache;
  private volatile boolean stopped;

  ShardCopies(ObjectStore store, String fingerprint, Path cache) {
    this.store = store;
    this.fingerprint = fingerprint;
    this.cache = cache;
  }

  /** Cancels a copy or a verification in progress after its current part. */
  void stop() {
    stopped = true;
  }

  boolean stopped() {
    return stopped;
  }

  StoredObject find(Shard shard) {
    String location = store.location(shard.file());
    StoredObject object =
        store
            .find(shard.file())
            .orElseThrow(
                () -> new CorruptCheckpoint(location + ": is missing; dataset.json names it"));
    if (object.size() != shard.size()) {
      throw new CorruptCheckpoint(
          location + ": has " + object.size() + " bytes; dataset.json says " + shard.size());
    }
    return object;
  }

  /**
   * Returns a verified local file: the shard itself, or its copy in the cache, which is fetched if
   * it is missing or damaged.
   *
   * @throws CorruptCheckpoint if the shard's digest is not that of the index
   */
  Path verified(StoredObject object, Shard shard) {
    Optional<Path> local = store.file(object);
    if (local.isPresent()) {
      Path file = local.get();
      String sha256 = digest(file, shard);
      if (!sha256.equals(shard.sha256())) {
        throw mismatch(file.toString(), sha256, shard);
      }
      return file;
    }
    Path copy = cache.resolve(fingerprint).resolve(shard.file());
    if (!hasSize(copy, shard.size()) || !digest(copy, shard).equals(shard.sha256())) {
      fetch(object, shard, copy);
    }
    return copy;
  }

  private static boolean hasSize(Path file, long size) {
    try {
      return Files.exists(file) && Files.size(file) == size;
    } catch (IOException e) {
      throw FileErrors.translate(file, e);
    }
  }

  /** Fetches a shard into a temporary file, which is renamed once it is verified. */
  private void fetch(StoredObject object, Shard shard, Path copy) {
    try {
      Path folder = Files.createDirectories(cache.resolve(fingerprint));
      removeLeftovers(folder);
      Path partial = Files.createTempFile(folder, shard.file(), PARTIAL);
      try {
        String sha256;
        try (FileChannel channel = FileChannel.open(partial, StandardOpenOption.WRITE)) {
          sha256 =
              digest(
                  shard.size(),
                  (offset, part) -> {
                    store.read(object, offset, part);
                    var bytes = part.asByteBuffer();
                    while (bytes.hasRemaining()) {
                      channel.write(bytes);
                    }
                  });
        }
        if (!sha256.equals(shard.sha256())) {
          throw mismatch(store.location(shard.file()), sha256, shard);
        }
        Files.move(partial, copy, StandardCopyOption.ATOMIC_MOVE);
      } finally {
        Files.deleteIfExists(partial);
      }
      remember(note(copy), state(copy) + shard.sha256());
    } catch (IOException e) {
      throw FileErrors.translate(copy, e);
    }
  }

  /** Removes temporary files of killed processes; recent ones may still be in use. */
  private static void removeLeftovers(Path folder) throws IOException {
    Instant old = Instant.now().minus(LEFTOVER_AGE);
    try (DirectoryStream<Path> partials = Files.newDirectoryStream(folder, "*" + PARTIAL)) {
      for (Path partial : partials) {
        if (Files.getLastModifiedTime(partial).toInstant().isBefore(old)) {
          Files.deleteIfExists(partial);
        }
      }
    }
  }

  /**
   * Computes a file's SHA-256, or returns the one recorded in the cache for its path, size and
   * modification time, because hashing gigabytes at every start would take seconds.
   */
  private String digest(Path file, Shard shard) {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      String seen = state(file);
      Path note = note(file);
      if (Files.exists(note) && Files.readString(note).equals(seen + shard.sha256())) {
        return shard.sha256();
      }
      String sha256 =
          digest(
              shard.size(),
              (offset, part) -> {
                var bytes = part.asByteBuffer();
                while (bytes.hasRemaining()) {
                  if (channel.read(bytes, offset + bytes.position()) < 0) {
                    throw new CorruptCheckpoint(
                        file
                            + ": was truncated below "
                            + shard.size()
                            + " bytes while it was read");
                  }
                }
              });
      remember(note, seen + sha256);
      return sha256;
    } catch (IOException e) {
      throw FileErrors.translate(file, e);
    }
  }

  private Path note(Path file) {
    String path = file.toAbsolutePath().normalize().toString();
    return cache.resolve("verified").resolve(Sha256.hex(path.getBytes(StandardCharsets.UTF_8)));
  }

  private static String state(Path file) throws IOException {
    return Files.size(file) + " " + Files.getLastModifiedTime(file) + " ";
  }

  /** Records a verified file, so that the next start need not verify it again. */
  private static void remember(Path note, String text) {
    try {
      Files.createDirectories(note.getParent());
      Files.writeString(note, text);
    } catch (IOException e) {
      // The record only saves time.
    }
  }

  private interface ShardSource {
    /** Fills {@code part} with the shard's bytes from {@code offset} on. */
    void fill(long offset, MemorySegment part) throws IOException;
  }

  private String digest(long size, ShardSource source) throws IOException {
    Sha256 digest = new Sha256();
    try (Arena scope = Arena.ofConfined()) {
      MemorySegment buffer = scope.allocate(Math.min(PART_BYTES, Math.max(1, size)));
      for (long done = 0; done < size; done += buffer.byteSize()) {
        if (stopped) {
          throw new CancellationException("the dataset was closed");
        }
        MemorySegment part = buffer.asSlice(0, Math.min(buffer.byteSize(), size - done));
        source.fill(done, part);
        digest.update(part);
      }
    }
    return digest.hex();
  }

  private static CorruptCheckpoint mismatch(String location, String sha256, Shard shard) {
    return new CorruptCheckpoint(
        location + ": SHA-256 is " + sha256 + "; dataset.json says " + shard.sha256());
  }
}
