package dev.sparkling.trainer.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.sparkling.trainer.model.Parameter.Piece;
import dev.sparkling.trainer.torch.TorchScript;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;

/** On any device, written by way of the host's memory, a part of a tensor at a time. */
final class DeviceTensors implements Tensors {

  /** A buffer of Java holds 2 GiB at most. */
  private static final long MOST_AT_A_TIME = 64L << 20;

  private final long mostAtATime;
  private final NDManager manager;
  private final TorchScript kernels;
  private final Map<String, Place> places = new LinkedHashMap<>();

  private record Place(NDArray array, Piece piece) {}

  /**
   * Without tensors.
   *
   * @param manager of the arrays, whose device they lie on
   */
  DeviceTensors(NDManager manager) {
    this(manager, MOST_AT_A_TIME);
  }

  /** With a number of elements that go over at a time. */
  DeviceTensors(NDManager manager, long mostAtATime) {
    this.mostAtATime = mostAtATime;
    this.manager = manager;
    this.kernels = TorchScript.load(manager, DeviceTensors.class, "rounding.torchscript");
  }

  @Override
  public void add(String name, NDArray array, Piece piece) {
    places.put(name, new Place(array, piece));
  }

  @Override
  public void write(String name, Consumer<MemorySegment> values) {
    Place place = Objects.requireNonNull(places.get(name), name);
    long elements = place.piece().elements();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment written = arena.allocate(ValueLayout.JAVA_FLOAT, elements);
      values.accept(written);
      for (long from = 0; from < elements; from += mostAtATime) {
        write(place, from, Math.min(elements, from + mostAtATime), written);
      }
    }
  }

  /** Between devices too. */
  void copy(NDList targets, NDList sources) {
    try (NDManager scope = manager.newSubManager()) {
      kernels.call(scope, "copy_all", targets, sources);
    }
  }

  private void write(Place place, long from, long to, MemorySegment values) {
    try (NDManager scope = manager.newSubManager()) {
      MemorySegment part = values.asSlice(from * Float.BYTES, (to - from) * Float.BYTES);
      NDArray source = scope.create(part.asByteBuffer(), new Shape(to - from), DataType.FLOAT32);
      NDArray flat = place.array().reshape(-1);
      flat.attach(scope);
      long offset = place.piece().offset();
      NDArray target = flat.get(new NDIndex("{}:{}", offset + from, offset + to));
      target.attach(scope);
      copy(new NDList(target), new NDList(source));
    }
  }
}
