package dev.sparkling.checkpoint.store;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Reads large parts of files with direct I/O unless they are in the page cache already: a
 * checkpoint is read only once, and the pages that it would evict are more useful.
 */
final class UncachedRead {

  /** Size below which reads go through the page cache. */
  private static final long MIN_BYTES = 1 << 20;

  private static final int BUFFER_BYTES = 2 << 20;

  /** Pool that grows to the number of concurrent readers; buffers are aligned to their size. */
  private static final Queue<MemorySegment> BUFFERS = new ConcurrentLinkedQueue<>();

  private UncachedRead() {}

  /**
   * Fills the target.
   *
   * @param cached channel for normal reads of the file
   * @return number of bytes read; the rest, if any, is left for normal reads
   */
  static long read(Path file, FileChannel cached, long offset, MemorySegment target) {
    if (target.byteSize() < MIN_BYTES || isCached(cached, offset, target.byteSize())) {
      return 0;
    }
    Optional<DirectAccess> direct =
        DirectAccess.open(file, BUFFER_BYTES, Set.of(StandardOpenOption.READ));
    if (direct.isEmpty()) {
      return 0;
    }
    MemorySegment pooled = BUFFERS.poll();
    MemorySegment buffer =
        pooled == null ? Arena.ofAuto().allocate(BUFFER_BYTES, BUFFER_BYTES) : pooled;
    try (FileChannel channel = direct.get().channel()) {
      return read(channel, direct.get().block(), buffer, offset, target);
    } catch (IOException e) {
      return 0; // some file systems open files for direct I/O but cannot read them
    } finally {
      BUFFERS.add(buffer);
    }
  }

  /** Whether the page cache holds the range, or direct I/O should be avoided for another reason. */
  private static boolean isCached(FileChannel channel, long offset, long length) {
    try (Arena arena = Arena.ofConfined()) {
      return offset + length > channel.size()
          || channel.map(MapMode.READ_ONLY, offset, length, arena).isLoaded();
    } catch (IOException | UnsupportedOperationException e) {
      return true;
    }
  }

  private static long read(
      FileChannel channel, int block, MemorySegment buffer, long offset, MemorySegment target)
      throws IOException {
    long done = 0;
    while (done < target.byteSize()) {
      long from = Math.floorDiv(offset + done, block) * block;
      int skipped = (int) (offset + done - from);
      long wanted = Math.min(BUFFER_BYTES, skipped + target.byteSize() - done);
      ByteBuffer bytes =
          buffer.asSlice(0, Math.ceilDiv(wanted, block) * (long) block).asByteBuffer();
      int count = channel.read(bytes, from);
      if (count <= skipped) {
        return done; // end of file, or a file system that returns less than a block
      }
      long useful = Math.min(count - skipped, target.byteSize() - done);
      MemorySegment.copy(buffer, skipped, target, done, useful);
      done += useful;
    }
    return done;
  }
}
