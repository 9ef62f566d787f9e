package dev.sparkling.checkpoint.store;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * A file that one thread fills sequentially while another writes full buffers to disk. If the file
 * system supports it, bytes bypass the page cache (O_DIRECT): they must be on disk before the file
 * is renamed, are not read again soon, and copying them into the cache would take longer than all
 * other work on them. Uses up to four buffers.
 */
final class SequentialFile implements AutoCloseable {

  private static final int BUFFER_BYTES = 4 << 20;
  private static final int MAX_BUFFERS = 4;

  /** Size of the runs of zeros that become holes in the file. */
  private static final int HOLE_BYTES = 64 << 10;

  private static final MemorySegment ZEROS = MemorySegment.ofArray(new byte[HOLE_BYTES]);

  private final Arena arena;
  private final FileChannel channel;

  /** Alignment of offsets and lengths. */
  private final int block;

  private MemorySegment filling;
  private int buffers = 1;
  private int filled;
  private long size;
  private @Nullable ExecutorService thread;
  private final Deque<Future<MemorySegment>> writing = new ArrayDeque<>();

  /** Creates or truncates the file. */
  SequentialFile(Path file) throws IOException {
    Set<OpenOption> options =
        Set.of(
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE);
    Optional<DirectAccess> direct = DirectAccess.open(file, HOLE_BYTES, options);
    this.block = direct.map(DirectAccess::block).orElse(1);
    this.channel = direct.isPresent() ? direct.get().channel() : FileChannel.open(file, options);
    this.arena = Arena.ofShared();
    this.filling = arena.allocate(BUFFER_BYTES, block);
  }

  /** Appends bytes. The segment may be reused when this returns. */
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

  /** Flushes everything to disk and closes the file. */
  void finish() throws IOException {
    if (!channel.isOpen()) {
      return;
    }
    while (!writing.isEmpty()) {
      awaitOldest();
    }
    int whole = Math.ceilDiv(filled, block) * block;
    filling.asSlice(filled, whole - filled).fill((byte) 0);
    write(filling.asSlice(0, whole).asByteBuffer());
    setSize();
    channel.force(true);
    close();
  }

  /** Truncates the padding of the last block, or extends the file by a hole at its end. */
  private void setSize() throws IOException {
    if (channel.size() > size) {
      channel.truncate(size);
    } else if (channel.size() < size) {
      MemorySegment last = filling.asSlice(0, block).fill((byte) 0);
      channel.write(last.asByteBuffer(), size - block);
    }
  }

  private void exchange() throws IOException {
    ExecutorService writer = thread;
    if (writer == null) {
      writer = Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().factory());
      thread = writer;
    }
    MemorySegment full = filling;
    writing.add(
        writer.submit(
            () -> {
              writeWithHoles(full);
              return full;
            }));
    if (buffers < MAX_BUFFERS) {
      filling = arena.allocate(BUFFER_BYTES, block);
      buffers++;
    } else {
      filling = awaitOldest();
    }
    filled = 0;
  }

  /** Writes a buffer, skipping zeros: a third of a widened optimizer state is rows of zeros. */
  private void writeWithHoles(MemorySegment full) throws IOException {
    for (int begin = 0, end; begin < BUFFER_BYTES; begin = end) {
      boolean zero = isZero(full, begin);
      end = begin + HOLE_BYTES;
      while (end < BUFFER_BYTES && isZero(full, end) == zero) {
        end += HOLE_BYTES;
      }
      if (zero) {
        channel.position(channel.position() + end - begin);
      } else {
        write(full.asSlice(begin, end - begin).asByteBuffer());
      }
    }
  }

  private static boolean isZero(MemorySegment bytes, int begin) {
    return MemorySegment.mismatch(bytes, begin, begin + HOLE_BYTES, ZEROS, 0, HOLE_BYTES) < 0;
  }

  private void write(ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  /** Waits for the oldest write, and returns its buffer. */
  private MemorySegment awaitOldest() throws IOException {
    try {
      return writing.remove().get();
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
