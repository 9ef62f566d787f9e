package dev.sparkling.trainer.model;

import ai.djl.ndarray.NDArray;
import dev.sparkling.trainer.model.Parameter.Piece;
import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;

/** The fp32 tensors inside of a model's arrays, reached by their Hugging Face names. */
sealed interface Tensors permits HostTensors, DeviceTensors {

  /** Makes a piece of an array known. */
  void add(String name, NDArray array, Piece piece);

  /**
   * Writes a whole tensor.
   *
   * @param values writes into the memory that it is given, floats in the machine's order
   */
  void write(String name, Consumer<MemorySegment> values);
}
