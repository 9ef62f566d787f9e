package dev.sparkling.expander.stream;

import dev.sparkling.checkpoint.format.CheckpointReader;
import dev.sparkling.checkpoint.format.Sha256;
import dev.sparkling.checkpoint.format.TensorFile;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.pipeline.error.CorruptCheckpoint;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Hashes the source files on a separate thread, each byte once and in order: the bytes that
 * portions read, and those between them.
 */
public final class SourceDigests implements AutoCloseable {

  private static final long GAP_BYTES = 1L << 20;

  private final ObjectStore store;
  private final CheckpointReader reader;
  private final List<TensorFile> files;
  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().name("digests").factory());
  private Sha256 digest = new Sha256();
  private int file;
  private long hashed;

  public SourceDigests(ObjectStore store, CheckpointReader reader, List<TensorFile> files) {
    this.store = store;
    this.reader = reader;
    this.files = files;
  }

  /**
   * Hashes the bytes that a portion has read.
   *
   * @param values bytes of the portion, which must stay valid until the future is done
   * @return future that fails if a file's digest differs from the manifest's
   */
  Future<?> add(Portion portion, MemorySegment values) {
    return thread.submit(
        () -> {
          if (!portion.isReread()) {
            finishFilesBefore(portion.file());
            hashUntil(portion.sourceOffset());
            digest.update(values);
            hashed += values.byteSize();
          }
        });
  }

  /**
   * Hashes the bytes after the last portion.
   *
   * @throws CorruptCheckpoint if a file's digest differs from the manifest's
   */
  public void finish() {
    Futures.await(thread.submit(() -> finishFilesBefore(files.size())));
  }

  private void finishFilesBefore(int end) {
    while (file < end) {
      TensorFile done = files.get(file);
      hashUntil(done.object().size());
      reader.checkDigest(done, digest.hex());
      digest = new Sha256();
      hashed = 0;
      file++;
    }
  }

  /** Reads and hashes bytes that no portion reads: a header, or a gap between tensors. */
  private void hashUntil(long end) {
    if (hashed == end) {
      return;
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment gap = arena.allocate(Math.min(GAP_BYTES, end - hashed));
      while (hashed < end) {
        MemorySegment part = gap.asSlice(0, Math.min(gap.byteSize(), end - hashed));
        store.read(files.get(file).object(), hashed, part);
        digest.update(part);
        hashed += part.byteSize();
      }
    }
  }

  @Override
  public void close() {
    thread.shutdownNow();
    thread.close();
  }
}
