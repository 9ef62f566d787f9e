package dev.sparkling.expander.stream;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Deque;

/** A fixed number of equal pieces of native memory, for one thread to hand out and take back. */
final class Buffers implements AutoCloseable {

  private static final long ALIGNMENT = 64;

  private final Arena arena = Arena.ofShared();
  private final Deque<MemorySegment> free = new ArrayDeque<>();

  Buffers(int count, long bytes) {
    for (int i = 0; i < count; i++) {
      free.add(arena.allocate(bytes, ALIGNMENT));
    }
  }

  boolean isExhausted() {
    return free.isEmpty();
  }

  /** Must not be exhausted. */
  MemorySegment take() {
    return free.remove();
  }

  void giveBack(MemorySegment buffer) {
    free.add(buffer);
  }

  @Override
  public void close() {
    arena.close();
  }
}
