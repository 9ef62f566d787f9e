package dev.sparkling.checkpoint.store;

import java.lang.foreign.MemorySegment;

/**
 * An object being written sequentially by one thread. {@link #close} without {@link #commit} leaves
 * nothing behind.
 */
public interface ObjectUpload extends AutoCloseable {

  /**
   * Appends bytes from native memory or a byte array. The segment may be reused when this returns.
   */
  void write(MemorySegment bytes);

  /**
   * Sends buffered bytes and frees the buffers, so that little is left for {@link #commit} and many
   * objects can become visible at almost the same time. Nothing may be written afterwards.
   */
  void finish();

  /** Makes the object durable and visible under its key. Nothing may be written afterwards. */
  void commit();

  @Override
  void close();
}
