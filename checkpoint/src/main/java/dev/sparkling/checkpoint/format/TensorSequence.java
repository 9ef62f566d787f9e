package dev.sparkling.checkpoint.format;

import dev.sparkling.checkpoint.safetensors.TensorSpec;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** A sequence of tensors: read from a checkpoint, of a trainer, or widened on the fly. */
public interface TensorSequence extends AutoCloseable {

  /** All tensors, in the order in which {@link #next} returns their values. */
  List<TensorSpec> tensors();

  /**
   * Returns the next values, contiguous, last axis fastest, little-endian, in native memory: a
   * whole tensor, or a piece of one where the implementation says that it returns pieces. Read-only
   * for the caller and valid until the next call.
   */
  MemorySegment next();

  @Override
  void close();
}
