package dev.sparkling.trainer.model.state;

import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;

/** The fp32 tensors inside of a model's arrays, by their Hugging Face names. */
sealed interface NamedTensors permits HostTensors, DeviceTensors {

  /**
   * Writes a whole tensor.
   *
   * @param values writer into the memory that it is given, of floats in the machine's byte order
   */
  void write(String name, Consumer<MemorySegment> values);
}
