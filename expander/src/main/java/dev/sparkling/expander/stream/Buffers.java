package dev.sparkling.expander.stream;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * A pool of native buffers of equal size, allocated when they are first needed. Not thread-safe:
 * one thread acquires and releases.
 */
final class Buffers implements AutoCloseable {

  private static final long ALIGNMENT = 64;

  private final Arena arena = Arena.ofShared();
  private final Deque<MemorySegment> free = new ArrayDeque<>();
  private final long bytes;
  private final int capacity;
  private int allocated;

  Buffers(int capacity, long bytes) {
    this.capacity = capacity;
    this.bytes = bytes;
  }

  boolean isExhausted() {
    return free.isEmpty() && allocated == capacity;
  }

  /** Returns a free buffer; the pool must not be exhausted. */
  MemorySegment acquire() {
    if (!free.isEmpty()) {
      return free.remove();
    }
    allocated++;
    return arena.allocate(bytes, ALIGNMENT);
  }

  void release(MemorySegment buffer) {
    free.add(buffer);
  }

  @Override
  public void close() {
    arena.close();
  }
}
