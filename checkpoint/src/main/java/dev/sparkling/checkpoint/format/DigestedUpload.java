package dev.sparkling.checkpoint.format;

import dev.sparkling.checkpoint.store.ObjectUpload;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Hashes what is uploaded, while it is uploaded: SHA-256 is the slowest of all that is done to a
 * byte, so it has a thread of its own. Not a virtual one, which would wait for a carrier while
 * others compute.
 */
final class DigestedUpload implements AutoCloseable {

  /** Below this, another thread takes longer to begin than the hash takes. */
  private static final long WORTH_A_THREAD = 64 << 10;

  /** Stands for whichever: what it may read is not confined to the thread that calls. */
  private static final Thread ANOTHER_THREAD = Thread.ofPlatform().unstarted(() -> {});

  private final ObjectUpload upload;
  private final Sha256 digest = new Sha256();
  private final ExecutorService executor =
      Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().name("digest").factory());

  /** Takes over the upload, and closes it. */
  DigestedUpload(ObjectUpload upload) {
    this.upload = upload;
  }

  /** Appends bytes, which may be reused when this returns. */
  void write(MemorySegment bytes) {
    if (bytes.byteSize() < WORTH_A_THREAD || !bytes.isAccessibleBy(ANOTHER_THREAD)) {
      digest.update(bytes);
      upload.write(bytes);
      return;
    }
    CompletableFuture<Void> hashed =
        CompletableFuture.runAsync(() -> digest.update(bytes), executor);
    try {
      upload.write(bytes);
    } finally {
      // Also where the upload has failed or is interrupted: the bytes may be gone afterwards.
      hashed.join();
    }
  }

  /** Makes the object visible, and gives its digest. */
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
