package dev.sparkling.trainer.model.state;

import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;

/** Tensors in host memory, written and read in place. */
final class HostTensors implements NamedTensors {

  private final Map<String, MemorySegment> memory = new LinkedHashMap<>();

  void add(String name, MemorySegment tensor) {
    memory.put(name, tensor);
  }

  @Override
  public void write(String name, Consumer<MemorySegment> values) {
    values.accept(get(name));
  }

  MemorySegment get(String name) {
    return Objects.requireNonNull(memory.get(name), name);
  }

  /**
   * Copies all values from tensors with the same names and sizes, in parallel, because one core
   * cannot use all of the memory bandwidth.
   */
  void copyFrom(HostTensors other) {
    memory.entrySet().parallelStream()
        .forEach(tensor -> tensor.getValue().copyFrom(other.get(tensor.getKey())));
  }
}
