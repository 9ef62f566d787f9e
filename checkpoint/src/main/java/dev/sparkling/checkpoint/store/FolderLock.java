package dev.sparkling.checkpoint.store;

import dev.sparkling.pipeline.error.TransientError;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/** A lock of a folder for a few file operations, against other threads and other processes. */
final class FolderLock implements AutoCloseable {

  private static final String NAME = ".replace.lock";
  private static final Duration TIMEOUT = Duration.ofSeconds(30);
  private static final Duration POLL = Duration.ofMillis(5);

  /** Locks of files exclude processes only, not threads. */
  private static final ReentrantLock THREADS = new ReentrantLock();

  private final FileChannel file;

  private FolderLock(FileChannel file) {
    this.file = file;
  }

  /**
   * Waits for the lock; creates the folder if it does not exist.
   *
   * @throws TransientError if another process holds the lock for half a minute
   */
  static FolderLock await(Path folder) {
    long deadline = System.nanoTime() + TIMEOUT.toNanos();
    try {
      if (!THREADS.tryLock(TIMEOUT.toNanos(), TimeUnit.NANOSECONDS)) {
        throw timeout(folder);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TransientError(folder + ": interrupted while waiting for its lock", e);
    }
    try {
      return new FolderLock(locked(folder, deadline));
    } catch (IOException e) {
      THREADS.unlock();
      throw FileErrors.translate(folder, e);
    } catch (RuntimeException e) {
      THREADS.unlock();
      throw e;
    }
  }

  private static FileChannel locked(Path folder, long deadline) throws IOException {
    Files.createDirectories(folder);
    FileChannel file =
        FileChannel.open(folder.resolve(NAME), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      FileLock lock = file.tryLock();
      while (lock == null) {
        if (System.nanoTime() > deadline) {
          throw timeout(folder);
        }
        Thread.sleep(POLL);
        lock = file.tryLock();
      }
      return file;
    } catch (InterruptedException e) {
      file.close();
      Thread.currentThread().interrupt();
      throw new TransientError(folder + ": interrupted while waiting for its lock", e);
    } catch (IOException | RuntimeException e) {
      file.close();
      throw e;
    }
  }

  private static TransientError timeout(Path folder) {
    return new TransientError(
        "%s: another process has held %s for %d s".formatted(folder, NAME, TIMEOUT.toSeconds()),
        null);
  }

  @Override
  public void close() {
    try {
      file.close();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    } finally {
      THREADS.unlock();
    }
  }
}
