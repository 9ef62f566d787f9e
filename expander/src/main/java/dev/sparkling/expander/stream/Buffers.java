package dev.sparkling.expander.stream;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Equal pieces of native memory, no more than were agreed and none before it is needed, for one
 * thread to hand out and take back.
 */
final class Buffers implements AutoCloseable {

  private static final long ALIGNMENT = 64;

  private final Arena arena = Arena.ofShared();
  private final Deque<MemorySegment> free = new ArrayDeque<>();
  private final long bytes;
  private final int most;
  private int allocated;

  Buffers(int most, long bytes) {
    this.most = most;
    this.bytes = bytes;
  }

  boolean isExhausted() {
    return free.isEmpty() && allocated == most;
  }

  /** Must not be exhausted. */
  MemorySegment take() {
    if (!free.isEmpty()) {
      return free.remove();
    }
    allocated++;
    return arena.allocate(bytes, ALIGNMENT);
  }

  void giveBack(MemorySegment buffer) {
    free.add(buffer);
  }

  @Override
  public void close() {
    arena.close();
  }
}
