package dev.sparkling.checkpoint.format;

import dev.sparkling.checkpoint.store.ObjectUpload;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Hashes bytes while they are uploaded. SHA-256 is the slowest step, so it has a thread of its own:
 * a platform thread, because a virtual thread would wait for a carrier while others compute.
 */
final class DigestedUpload implements AutoCloseable {

  /** Size below which handing over to another thread takes longer than hashing. */
  private static final long MIN_HANDOVER_BYTES = 64 << 10;

  /** A thread other than the calling one, to find out whether a segment is confined to that one. */
  private static final Thread ANOTHER_THREAD = Thread.ofPlatform().unstarted(() -> {});

  private final ObjectUpload upload;
  private final Sha256 digest = new Sha256();
  private final ExecutorService executor =
      Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().name("digest").factory());

  /** Takes ownership of the upload. */
  DigestedUpload(ObjectUpload upload) {
    this.upload = upload;
  }

  /** Appends bytes; the segment may be reused when this returns. */
  void write(MemorySegment bytes) {
    if (bytes.byteSize() < MIN_HANDOVER_BYTES || !bytes.isAccessibleBy(ANOTHER_THREAD)) {
      digest.update(bytes);
      upload.write(bytes);
      return;
    }
    CompletableFuture<Void> hashed =
        CompletableFuture.runAsync(() -> digest.update(bytes), executor);
    try {
      upload.write(bytes);
    } finally {
      // Even if the upload fails or is interrupted: the segment may be freed afterwards.
      hashed.join();
    }
  }

  /** Makes the object visible and returns its digest. */
  String commit() {
    upload.commit();
    return digest.hex();
  }

  @Override
  public void close() {
    try (upload) {
      executor.close();
    }
  }
}
