package dev.sparkling.checkpoint.store;

import java.lang.foreign.MemorySegment;

/**
 * An object being written, front to back, by one thread. {@link #close} without a {@link #commit}
 * leaves nothing behind.
 */
public interface ObjectUpload extends AutoCloseable {

  /**
   * Appends native memory or a byte array; the bytes are consumed when this returns, so the segment
   * may be reused.
   */
  void write(MemorySegment bytes);

  /**
   * Sends what is still in memory, so that little is left to {@link #commit}, and frees it; nothing
   * may be written afterwards. Lets many objects become visible at almost the same time.
   */
  void finish();

  /** Makes the object visible under its key, durably; nothing may be written afterwards. */
  void commit();

  @Override
  void close();
}
