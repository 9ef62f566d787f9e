package dev.sparkling.checkpoint.format;

import dev.sparkling.checkpoint.model.CatalogueTensor;
import dev.sparkling.checkpoint.model.ModelConfiguration;
import dev.sparkling.checkpoint.model.TensorCatalogue;
import dev.sparkling.checkpoint.random.TensorRandom;
import dev.sparkling.checkpoint.safetensors.DType;
import dev.sparkling.checkpoint.safetensors.TensorSpec;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.pipeline.spec.training.OptimizerType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Checkpoints with random values, for tests. */
public final class TestTensors {

  private TestTensors() {}

  /** A state before any expansion. */
  public static TrainerState state(ModelConfiguration model, long step) {
    return new TrainerState(
        step,
        step * 1024,
        7,
        2,
        "data",
        "tokenizer",
        new TrainerState.Widths(model.hiddenSize(), model.innerSize()),
        Map.of(),
        List.of());
  }

  /** Writes a complete checkpoint with AdamW's state; values depend on the seed. */
  public static Manifest write(
      ObjectStore store, String folder, ModelConfiguration model, TrainerState state, long seed) {
    return write(store, folder, model, OptimizerType.ADAMW, state, seed);
  }

  /** Writes a complete checkpoint; values depend on the seed. */
  public static Manifest write(
      ObjectStore store,
      String folder,
      ModelConfiguration model,
      OptimizerType training,
      TrainerState state,
      long seed) {
    try (CheckpointWriter writer = new CheckpointWriter(store, folder)) {
      writer.writeConfiguration(model);
      for (FileKind kind : FileKind.values()) {
        writer.writeTensors(kind, random(model, kind, training, seed));
      }
      return writer.commit(state);
    }
  }

  /** All tensors of a kind with random values, for AdamW. */
  public static TensorSequence random(ModelConfiguration model, FileKind kind, long seed) {
    return random(model, kind, OptimizerType.ADAMW, seed);
  }

  /** All tensors of a kind with random values; second moments are positive. */
  public static TensorSequence random(
      ModelConfiguration model, FileKind kind, OptimizerType training, long seed) {
    Map<TensorSpec, float[]> values = new LinkedHashMap<>();
    for (CatalogueTensor tensor : TensorCatalogue.of(model).tensors().values()) {
      for (String name : names(tensor, kind, training)) {
        TensorSpec spec = new TensorSpec(name, DType.F32, tensor.shape());
        float[] row = new float[Math.toIntExact(spec.elements())];
        new TensorRandom(seed, name).fillRow(0, row, 0.5);
        for (int i = 0; kind == FileKind.OPTIMIZER && i < row.length; i++) {
          row[i] = name.endsWith("_sq") ? row[i] * row[i] : row[i];
        }
        values.put(spec, row);
      }
    }
    return of(values);
  }

  /** Tensors in the map's order. */
  public static TensorSequence of(Map<TensorSpec, float[]> values) {
    List<TensorSpec> tensors = List.copyOf(values.keySet());
    var iterator = values.values().iterator();
    return new TensorSequence() {
      @Override
      public List<TensorSpec> tensors() {
        return tensors;
      }

      @Override
      public MemorySegment next() {
        return Arena.ofAuto().allocateFrom(ValueLayout.JAVA_FLOAT, iterator.next());
      }

      @Override
      public void close() {}
    };
  }

  /** All values of a kind, by name. */
  public static Map<String, float[]> values(CheckpointReader reader, FileKind kind) {
    Map<String, float[]> values = new LinkedHashMap<>();
    try (TensorSequence all = reader.read(kind)) {
      for (TensorSpec tensor : all.tensors()) {
        values.put(tensor.name(), all.next().toArray(ValueLayout.JAVA_FLOAT_UNALIGNED));
      }
    }
    return values;
  }

  private static List<String> names(CatalogueTensor tensor, FileKind kind, OptimizerType training) {
    return switch (kind) {
      case MODEL -> List.of(tensor.name());
      case OPTIMIZER ->
          Moment.of(training, tensor.role()).stream()
              .map(moment -> moment.of(tensor.name()))
              .toList();
    };
  }
}
