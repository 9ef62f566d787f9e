package dev.sparkling.checkpoint.format;

import dev.sparkling.checkpoint.model.ModelConfiguration;
import dev.sparkling.checkpoint.model.TensorNames;
import dev.sparkling.checkpoint.safetensors.DType;
import dev.sparkling.checkpoint.safetensors.TensorSpec;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.pipeline.error.UserError;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes a checkpoint's weights as a folder that Hugging Face's {@code transformers} loads
 * unchanged. It has no factor on the logits, so where a widened tied embedding needs one it goes to
 * the weight of the last norm, which multiplies just what the head reads.
 */
public final class HuggingFaceExport {

  private HuggingFaceExport() {}

  /**
   * Exports a checkpoint.
   *
   * @param to an empty folder, or none
   */
  public static void export(CheckpointReader from, ObjectStore to, String folder) {
    ModelConfiguration model = from.model();
    List<TensorSpec> tensors = from.tensors(FileKind.MODEL);
    try (CheckpointWriter writer = new CheckpointWriter(to, folder);
        TensorSequence values = from.read(FileKind.MODEL);
        Folded folded = new Folded(values, (float) model.logitScale(), from.location())) {
      writer.writeConfiguration(model.withLogitScale(1), tensors.getFirst().dtype());
      writer.writeTensors(FileKind.MODEL, folded);
      writer.leaveWithoutManifest();
    }
  }

  /** The last norm times the logits' factor, and all else as it is. */
  private static final class Folded implements TensorSequence {
    private static final ValueLayout.OfFloat FLOAT =
        ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final TensorSequence values;
    private final float factor;
    private final List<TensorSpec> tensors;
    private final Arena arena = Arena.ofConfined();
    private int next;

    Folded(TensorSequence values, float factor, String location) {
      this.values = values;
      this.factor = factor;
      this.tensors = new ArrayList<>(values.tensors());
      for (TensorSpec tensor : tensors) {
        if (factor != 1
            && tensor.name().equals(TensorNames.FINAL_NORM)
            && tensor.dtype() != DType.F32) {
          throw new UserError(
              location
                  + ": "
                  + tensor.name()
                  + " is "
                  + tensor.dtype()
                  + "; F32 can be exported"
                  + " where embeddings are tied and were widened");
        }
      }
    }

    @Override
    public List<TensorSpec> tensors() {
      return List.copyOf(tensors);
    }

    @Override
    public MemorySegment next() {
      TensorSpec tensor = tensors.get(next++);
      MemorySegment old = values.next();
      if (factor == 1 || !tensor.name().equals(TensorNames.FINAL_NORM)) {
        return old;
      }
      MemorySegment scaled = arena.allocate(old.byteSize());
      for (long i = 0; i < old.byteSize(); i += Float.BYTES) {
        scaled.set(FLOAT, i, old.get(FLOAT, i) * factor);
      }
      return scaled;
    }

    @Override
    public void close() {
      arena.close();
    }
  }
}
