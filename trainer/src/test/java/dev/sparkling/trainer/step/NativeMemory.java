package dev.sparkling.trainer.step;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import org.opentest4j.TestAbortedException;

/** Memory that the C library has allocated and not freed, by glibc's {@code mallinfo2}. */
final class NativeMemory {

  private static final int MAPPED_FIELD = 4;
  private static final int USED_FIELD = 7;
  private static final MemoryLayout INFORMATION =
      MemoryLayout.structLayout(MemoryLayout.sequenceLayout(10, ValueLayout.JAVA_LONG));

  private final MethodHandle mallinfo;

  /** Skips the test if the C library has no such function. */
  @SuppressWarnings("restricted")
  NativeMemory() {
    Linker linker = Linker.nativeLinker();
    MemorySegment function =
        linker
            .defaultLookup()
            .find("mallinfo2")
            .orElseThrow(
                () -> {
                  System.out.println("SKIPPED: native memory is counted by glibc 2.33 or newer");
                  return new TestAbortedException("no mallinfo2");
                });
    this.mallinfo = linker.downcallHandle(function, FunctionDescriptor.of(INFORMATION));
  }

  long allocatedBytes() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment counts = (MemorySegment) mallinfo.invokeExact((SegmentAllocator) arena);
      return counts.getAtIndex(ValueLayout.JAVA_LONG, USED_FIELD)
          + counts.getAtIndex(ValueLayout.JAVA_LONG, MAPPED_FIELD);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  /** The most that is allocated while a task runs, sampled every millisecond. */
  long peakBytes(Runnable task) {
    Sampling sampling = new Sampling();
    Thread thread = Thread.ofPlatform().name("memory").daemon().start(sampling);
    try {
      task.run();
    } finally {
      sampling.stopped = true;
    }
    try {
      thread.join();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    return sampling.peak;
  }

  private final class Sampling implements Runnable {
    private volatile boolean stopped;
    private volatile long peak;

    @Override
    public void run() {
      while (!stopped) {
        peak = Math.max(peak, allocatedBytes());
        try {
          Thread.sleep(1);
        } catch (InterruptedException e) {
          return;
        }
      }
    }
  }
}
