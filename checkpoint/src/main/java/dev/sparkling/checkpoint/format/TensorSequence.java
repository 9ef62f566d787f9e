package dev.sparkling.checkpoint.format;

import dev.sparkling.checkpoint.safetensors.TensorSpec;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** A sequence of tensors: read from a checkpoint, taken from a trainer, or widened on the fly. */
public interface TensorSequence extends AutoCloseable {

  /** Returns all tensors, in the order in which {@link #next} returns their values. */
  List<TensorSpec> tensors();

  /**
   * Returns the next values, contiguous, last axis fastest, little-endian, in native memory: a
   * whole tensor or, if the implementation says so, a piece of one. The segment is read-only for
   * the caller and valid until the next call.
   */
  MemorySegment next();

  @Override
  void close();
}
