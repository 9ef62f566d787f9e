package dev.sparkling.checkpoint.format;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sparkling.checkpoint.model.CatalogueTensor;
import dev.sparkling.checkpoint.model.ModelConfiguration;
import dev.sparkling.checkpoint.model.TensorCatalogue;
import dev.sparkling.checkpoint.model.TensorNames;
import dev.sparkling.checkpoint.model.TestModels;
import dev.sparkling.checkpoint.safetensors.DType;
import dev.sparkling.checkpoint.safetensors.TensorSpec;
import dev.sparkling.checkpoint.store.InMemoryObjectStore;
import dev.sparkling.checkpoint.store.ObjectStore;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The trainer's export test shows that transformers loads the result and computes the same. */
class HuggingFaceExportTest {

  private static final float FACTOR = 0.57735026f;

  private final ObjectStore store = new InMemoryObjectStore();

  /** 1.5, whose product with the factor is not exact in 16 bits. */
  @ParameterizedTest
  @CsvSource({"BF16,3fc0", "F16,3e00"})
  void logitFactorIsFoldedIntoTheLastNormIn32Bits(DType type, String bits) {
    write(type, (short) Integer.parseInt(bits, 16), FACTOR);
    CheckpointReader exported = export();
    assertThat(exported.model().logitScale()).isEqualTo(1);
    try (TensorSequence values = exported.read(FileKind.MODEL)) {
      for (TensorSpec tensor : values.tensors()) {
        MemorySegment bytes = values.next();
        if (tensor.name().equals(TensorNames.FINAL_NORM)) {
          assertThat(tensor.dtype()).isEqualTo(DType.F32);
          assertThat(bytes.toArray(ValueLayout.JAVA_FLOAT_UNALIGNED)).containsOnly(1.5f * FACTOR);
        } else {
          assertThat(tensor.dtype()).isEqualTo(type);
        }
      }
    }
  }

  @Test
  void whereNoFactorIsLeftEveryTensorKeepsItsType() {
    write(DType.BF16, (short) 0x3fc0, 1);
    assertThat(export().tensors(FileKind.MODEL))
        .allMatch(tensor -> tensor.dtype() == DType.BF16)
        .hasSameSizeAs(TensorCatalogue.of(TestModels.moe(true)).tensors().keySet());
  }

  private CheckpointReader export() {
    HuggingFaceExport.export(CheckpointReader.open(store, "wide"), store, "exported");
    return CheckpointReader.openAny(store, "exported");
  }

  private void write(DType type, short value, double logitScale) {
    ModelConfiguration model = TestModels.moe(true).withLogitScale(logitScale);
    List<TensorSpec> tensors =
        TensorCatalogue.of(model).tensors().values().stream()
            .map((CatalogueTensor tensor) -> new TensorSpec(tensor.name(), type, tensor.shape()))
            .toList();
    try (CheckpointWriter writer = new CheckpointWriter(store, "wide")) {
      writer.writeConfiguration(model, type);
      writer.writeTensors(FileKind.MODEL, new Constant(tensors, value));
      writer.commitWeights();
    }
  }

  /** Tensors in 16 bits whose entries are all equal. */
  private static final class Constant implements TensorSequence {
    private final List<TensorSpec> tensors;
    private final short value;
    private int next;

    Constant(List<TensorSpec> tensors, short value) {
      this.tensors = tensors;
      this.value = value;
    }

    @Override
    public List<TensorSpec> tensors() {
      return tensors;
    }

    @Override
    public MemorySegment next() {
      MemorySegment values = Arena.ofAuto().allocate(tensors.get(next++).bytes(), Short.BYTES);
      for (long i = 0; i < values.byteSize(); i += Short.BYTES) {
        values.set(ValueLayout.JAVA_SHORT, i, value);
      }
      return values;
    }

    @Override
    public void close() {}
  }
}
