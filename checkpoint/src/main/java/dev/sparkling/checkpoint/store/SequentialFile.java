package dev.sparkling.checkpoint.store;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A file that one thread writes from front to back, while another brings what is full to the disk.
 * Where the file system can, bytes go past the page cache (O_DIRECT): they must be on the disk
 * before the file is renamed, nobody reads them soon, and the copy into the cache would cost more
 * than everything else that is done to them. Memory: two buffers.
 */
final class SequentialFile implements AutoCloseable {

  private static final int BUFFER_BYTES = 4 << 20;

  private static final Optional<OpenOption> PAST_THE_CACHE = pastTheCache();

  private final Arena arena;
  private final FileChannel channel;

  /** What places and lengths must be multiples of. */
  private final int block;

  private MemorySegment filling;
  private @Nullable MemorySegment other;
  private int filled;
  private long size;
  private @Nullable ExecutorService thread;
  private @Nullable Future<?> writing;

  /** Makes the file, or empties it. */
  SequentialFile(Path file) throws IOException {
    int diskBlock =
        (int) Math.min(BUFFER_BYTES, Files.getFileStore(file.getParent()).getBlockSize());
    FileChannel direct = Integer.bitCount(diskBlock) == 1 ? openDirect(file) : null;
    this.block = direct == null ? 1 : diskBlock;
    this.channel = direct == null ? FileChannel.open(file, options()) : direct;
    this.arena = Arena.ofShared();
    this.filling = arena.allocate(BUFFER_BYTES, block);
  }

  private static @Nullable FileChannel openDirect(Path file) {
    if (PAST_THE_CACHE.isEmpty()) {
      return null;
    }
    Set<OpenOption> options = options();
    options.add(PAST_THE_CACHE.get());
    try {
      return FileChannel.open(file, options);
    } catch (IOException | UnsupportedOperationException e) {
      return null; // what is really wrong, if anything, the next attempt says
    }
  }

  /** The JDK's own, which it exports but does not promise to keep. */
  private static Optional<OpenOption> pastTheCache() {
    try {
      return Stream.of(Class.forName("com.sun.nio.file.ExtendedOpenOption").getEnumConstants())
          .map(OpenOption.class::cast)
          .filter(option -> option.toString().equals("DIRECT"))
          .findFirst();
    } catch (ClassNotFoundException e) {
      return Optional.empty();
    }
  }

  private static Set<OpenOption> options() {
    return new HashSet<>(
        EnumSet.of(
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE));
  }

  /** Appends bytes, which are consumed when this returns. */
  void write(MemorySegment bytes) throws IOException {
    for (long done = 0; done < bytes.byteSize(); ) {
      long count = Math.min(BUFFER_BYTES - filled, bytes.byteSize() - done);
      MemorySegment.copy(bytes, done, filling, filled, count);
      filled += (int) count;
      done += count;
      if (filled == BUFFER_BYTES) {
        exchange();
      }
    }
    size += bytes.byteSize();
  }

  /** Brings everything to the disk, and lets go of the file. */
  void finish() throws IOException {
    if (!channel.isOpen()) {
      return;
    }
    await();
    int whole = Math.ceilDiv(filled, block) * block;
    filling.asSlice(filled, whole - filled).fill((byte) 0);
    write(filling.asSlice(0, whole).asByteBuffer());
    channel.truncate(size);
    channel.force(true);
    close();
  }

  private void exchange() throws IOException {
    await();
    ExecutorService writer = thread;
    if (writer == null) {
      writer = Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().factory());
      thread = writer;
    }
    MemorySegment full = filling;
    writing =
        writer.submit(
            () -> {
              write(full.asByteBuffer());
              return null;
            });
    filling = other == null ? arena.allocate(BUFFER_BYTES, block) : other;
    other = full;
    filled = 0;
  }

  private void write(ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  private void await() throws IOException {
    Future<?> before = writing;
    if (before == null) {
      return;
    }
    writing = null;
    try {
      before.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException known) {
        throw known;
      }
      throw new IllegalStateException("writing a file", e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while writing a file", e);
    }
  }

  @Override
  public void close() throws IOException {
    try (channel) {
      if (thread != null) {
        thread.close();
      }
    }
    if (arena.scope().isAlive()) {
      arena.close();
    }
  }
}
