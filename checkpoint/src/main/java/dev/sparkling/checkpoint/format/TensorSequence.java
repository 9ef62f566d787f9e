package dev.sparkling.checkpoint.format;

import dev.sparkling.checkpoint.safetensors.TensorSpec;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** Tensors one after the other: read from a checkpoint, made by a trainer, widened on the way. */
public interface TensorSequence extends AutoCloseable {

  /** All tensors, in the order in which {@link #next} gives their values. */
  List<TensorSpec> tensors();

  /**
   * The next values, contiguous, last axis fastest, little-endian, in native memory: a whole
   * tensor, or a piece of one that is too large to be in memory at once, where the sequence says
   * that it gives pieces. Read-only for the caller and valid until the next call.
   */
  MemorySegment next();

  @Override
  void close();
}
