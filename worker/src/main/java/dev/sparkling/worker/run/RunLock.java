package dev.sparkling.worker.run;

import dev.sparkling.checkpoint.store.FileErrors;
import dev.sparkling.checkpoint.store.StoreUri;
import dev.sparkling.pipeline.error.UserError;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/**
 * A lock that keeps two processes from working on the same run in a folder. The operating system
 * releases it when the process ends, even if it crashes. Runs in a bucket are not locked.
 */
public final class RunLock implements AutoCloseable {

  private static final String NAME = ".lock";

  private final Optional<FileChannel> channel;

  private RunLock(Optional<FileChannel> channel) {
    this.channel = channel;
  }

  /**
   * Takes the lock; creates the folder if it does not exist.
   *
   * @throws UserError if another process holds it
   */
  public static RunLock acquire(StoreUri run) {
    if (!(run instanceof StoreUri.Folder(Path folder))) {
      return new RunLock(Optional.empty());
    }
    try {
      Files.createDirectories(folder);
      FileChannel file =
          FileChannel.open(
              folder.resolve(NAME), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      FileLock lock = file.tryLock();
      if (lock == null) {
        file.close();
        throw new UserError(
            folder + ": another process is working on this run; wait for it, or use another store");
      }
      return new RunLock(Optional.of(file));
    } catch (IOException e) {
      throw FileErrors.translate(folder, e);
    }
  }

  @Override
  public void close() {
    channel.ifPresent(
        file -> {
          try {
            file.close();
          } catch (IOException e) {
            throw new IllegalStateException(e);
          }
        });
  }
}
