package dev.sparkling.trainer.model.state;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.sparkling.trainer.model.layout.Parameter.PackedTensor;
import dev.sparkling.trainer.torch.ForeachFunctions;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;

/** Tensors on any device, written in chunks through host memory. */
final class DeviceTensors implements NamedTensors {

  /** 256 MiB; a Java buffer holds at most 2 GiB. */
  private static final long ELEMENTS_PER_COPY = 64L << 20;

  private final long elementsPerCopy;
  private final NDManager manager;
  private final ForeachFunctions functions;
  private final Map<String, TensorPlace> places = new LinkedHashMap<>();

  private record TensorPlace(NDArray array, PackedTensor packed) {}

  /**
   * Creates an empty collection.
   *
   * @param manager manager of the device that holds the arrays
   */
  DeviceTensors(NDManager manager) {
    this(manager, ELEMENTS_PER_COPY);
  }

  DeviceTensors(NDManager manager, long elementsPerCopy) {
    this.elementsPerCopy = elementsPerCopy;
    this.manager = manager;
    this.functions = ForeachFunctions.load(manager);
  }

  void add(String name, NDArray array, PackedTensor packed) {
    places.put(name, new TensorPlace(array, packed));
  }

  @Override
  public void write(String name, Consumer<MemorySegment> values) {
    TensorPlace place = Objects.requireNonNull(places.get(name), name);
    long elements = place.packed().elements();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment written = arena.allocate(ValueLayout.JAVA_FLOAT, elements);
      values.accept(written);
      for (long from = 0; from < elements; from += elementsPerCopy) {
        write(place, from, Math.min(elements, from + elementsPerCopy), written);
      }
    }
  }

  /** Copies arrays, which may be on different devices. */
  void copy(List<NDArray> targets, List<NDArray> sources) {
    functions.copy(targets, sources);
  }

  private void write(TensorPlace place, long from, long to, MemorySegment values) {
    try (NDManager scope = manager.newSubManager()) {
      MemorySegment slice = values.asSlice(from * Float.BYTES, (to - from) * Float.BYTES);
      NDArray source = scope.create(slice.asByteBuffer(), new Shape(to - from), DataType.FLOAT32);
      NDArray flat = place.array().reshape(-1);
      flat.attach(scope);
      long offset = place.packed().offset();
      NDArray target = flat.get(new NDIndex("{}:{}", offset + from, offset + to));
      target.attach(scope);
      copy(List.of(target), List.of(source));
    }
  }
}
