package dev.sparkling.trainer.model.state;

import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;

/** The fp32 tensors inside a model's arrays, by their Hugging Face names. */
sealed interface NamedTensors permits HostTensors, DeviceTensors {

  /**
   * Writes a whole tensor.
   *
   * @param values function that fills the given memory with floats in native byte order
   */
  void write(String name, Consumer<MemorySegment> values);
}
