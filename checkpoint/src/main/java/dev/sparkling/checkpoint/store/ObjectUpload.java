package dev.sparkling.checkpoint.store;

import java.lang.foreign.MemorySegment;

/**
 * An object being written sequentially by one thread. {@link #close} without {@link #commit} leaves
 * nothing behind.
 */
public interface ObjectUpload extends AutoCloseable {

  /**
   * Appends bytes of native memory or of a byte array. They are consumed when this returns, so the
   * segment may be reused.
   */
  void write(MemorySegment bytes);

  /**
   * Sends buffered bytes and frees the buffers, so that little is left to {@link #commit}; nothing
   * may be written afterwards. With this, many objects can become visible almost at the same time.
   */
  void finish();

  /** Makes the object visible under its key, durably; nothing may be written afterwards. */
  void commit();

  @Override
  void close();
}
