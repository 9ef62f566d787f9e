package dev.sparkling.checkpoint.format;

import dev.sparkling.checkpoint.model.ModelConfiguration;
import dev.sparkling.checkpoint.model.TensorNames;
import dev.sparkling.checkpoint.safetensors.DType;
import dev.sparkling.checkpoint.safetensors.TensorSpec;
import dev.sparkling.checkpoint.store.ObjectStore;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes a checkpoint's weights as a folder that Hugging Face's {@code transformers} loads
 * unchanged. Transformers has no factor on the logits, so the factor of a widened tied embedding is
 * folded into the weight of the last norm, whose output only the head reads.
 */
public final class HuggingFaceExport {

  private HuggingFaceExport() {}

  /**
   * Exports a checkpoint.
   *
   * @param folder a new or empty folder
   */
  public static void export(CheckpointReader from, ObjectStore to, String folder) {
    ModelConfiguration model = from.model();
    List<TensorSpec> tensors = from.tensors(FileKind.MODEL);
    try (CheckpointWriter writer = new CheckpointWriter(to, folder);
        TensorSequence values = from.read(FileKind.MODEL);
        Folded folded = new Folded(values, (float) model.logitScale())) {
      writer.writeConfiguration(model.withLogitScale(1), tensors.getFirst().dtype());
      writer.writeTensors(FileKind.MODEL, folded);
      writer.leaveWithoutManifest();
    }
  }

  /**
   * Multiplies the last norm by the logit scale and passes all other tensors through. The product
   * is written in 32 bits, because rounding it to 16 bits would change the ratios of the channels.
   */
  private static final class Folded implements TensorSequence {
    private static final ValueLayout.OfFloat FLOAT =
        ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private static final ValueLayout.OfShort SHORT =
        ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final TensorSequence values;
    private final float factor;
    private final List<TensorSpec> tensors = new ArrayList<>();
    private final Arena arena = Arena.ofConfined();
    private int next;

    Folded(TensorSequence values, float factor) {
      this.values = values;
      this.factor = factor;
      for (TensorSpec tensor : values.tensors()) {
        tensors.add(
            isScaled(tensor) ? new TensorSpec(tensor.name(), DType.F32, tensor.shape()) : tensor);
      }
    }

    private boolean isScaled(TensorSpec tensor) {
      return factor != 1 && tensor.name().equals(TensorNames.FINAL_NORM);
    }

    @Override
    public List<TensorSpec> tensors() {
      return List.copyOf(tensors);
    }

    @Override
    public MemorySegment next() {
      TensorSpec tensor = values.tensors().get(next++);
      MemorySegment old = values.next();
      if (!isScaled(tensor)) {
        return old;
      }
      MemorySegment scaled = arena.allocate(tensor.elements() * Float.BYTES);
      for (long i = 0; i < tensor.elements(); i++) {
        scaled.set(FLOAT, i * Float.BYTES, number(tensor.dtype(), old, i) * factor);
      }
      return scaled;
    }

    private static float number(DType type, MemorySegment values, long index) {
      return switch (type) {
        case BF16 -> Float.intBitsToFloat(values.get(SHORT, index * Short.BYTES) << Short.SIZE);
        case F16 -> Float.float16ToFloat(values.get(SHORT, index * Short.BYTES));
        default -> values.get(FLOAT, index * Float.BYTES);
      };
    }

    @Override
    public void close() {
      arena.close();
    }
  }
}
