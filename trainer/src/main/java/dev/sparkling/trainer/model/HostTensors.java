package dev.sparkling.trainer.model;

import ai.djl.ndarray.NDArray;
import dev.sparkling.trainer.model.Parameter.Piece;
import dev.sparkling.trainer.torch.Torch;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;

/** In the host's memory, which is written and read in place. */
final class HostTensors implements Tensors {

  private final Map<String, MemorySegment> memory = new LinkedHashMap<>();

  @Override
  public void add(String name, NDArray array, Piece piece) {
    memory.put(name, Torch.memory(array, piece.offset(), piece.elements()));
  }

  @Override
  public void write(String name, Consumer<MemorySegment> values) {
    values.accept(get(name));
  }

  MemorySegment get(String name) {
    return Objects.requireNonNull(memory.get(name), name);
  }

  /** Takes all values of another of the same model; over all cores, as memory's speed allows. */
  void copyFrom(HostTensors other) {
    memory.entrySet().parallelStream()
        .forEach(tensor -> tensor.getValue().copyFrom(other.get(tensor.getKey())));
  }
}
