package dev.sparkling.expander.widen;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sparkling.checkpoint.model.ModelConfiguration;
import dev.sparkling.checkpoint.safetensors.DType;
import dev.sparkling.checkpoint.safetensors.SafetensorsHeader.Entry;
import dev.sparkling.checkpoint.safetensors.SafetensorsReader;
import dev.sparkling.checkpoint.store.FolderObjectStore;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.checkpoint.store.StoredObject;
import dev.sparkling.expander.plan.ExpansionPlan;
import dev.sparkling.expander.plan.TensorPlan;
import dev.sparkling.pipeline.spec.model.BaselineSpec;
import dev.sparkling.pipeline.spec.model.ExpansionSpec;
import dev.sparkling.pipeline.spec.model.Initialization;
import dev.sparkling.pipeline.spec.model.MlpShape.DenseShape;
import dev.sparkling.pipeline.spec.model.NormInitialization;
import dev.sparkling.pipeline.spec.model.OptimizerStateStrategy;
import dev.sparkling.pipeline.spec.model.RewarmupSpec;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/**
 * At inner 2x, copy-copy equals apple/ml-hypercloning without noise, bit for bit: see
 * bench/reference/make_hypercloning_fixture.py. Its Llama has the names of a dense model of ours.
 */
class HyperCloningTest {

  private static final ModelConfiguration MODEL =
      new ModelConfiguration(11, 2, 16, new DenseShape(12), 4, 2, 4, false, 10_000, 1e-6, 16, 1.0);

  @Test
  void everyTensorIsHyperClonings() {
    Map<String, MemorySegment> narrow = read("narrow.safetensors");
    Map<String, MemorySegment> wide = read("wide.safetensors");
    ExpansionSpec spec =
        new ExpansionSpec(
            16,
            24,
            Initialization.COPY_COPY,
            OptimizerStateStrategy.ASYMMETRIC,
            NormInitialization.COPY,
            BaselineSpec.DEFAULT,
            new RewarmupSpec(1.3, 250),
            0.05);
    Map<String, TensorPlan> plans = ExpansionPlan.of(MODEL, 16, 24, spec).tensors();
    assertThat(wide.keySet()).isEqualTo(narrow.keySet()).hasSize(21);
    narrow.forEach(
        (name, source) -> {
          TensorPlan plan = Objects.requireNonNull(plans.get(name));
          MemorySegment expected = Objects.requireNonNull(wide.get(name));
          assertThat(expected.byteSize())
              .isEqualTo(plan.wideRows() * plan.wideColumns() * Float.BYTES);
          assertThat(widen(plan, source)).as(name).isEqualTo(bytes(expected));
        });
  }

  private static byte[] widen(TensorPlan plan, MemorySegment source) {
    TensorWidener widener = new TensorWidener(plan, DType.F32, 1, Distribution.NONE);
    long rowBytes = plan.wideColumns() * Float.BYTES;
    MemorySegment target = MemorySegment.ofArray(new byte[(int) (plan.wideRows() * rowBytes)]);
    for (long row = 0; row < plan.wideRows(); row++) {
      long from = row % plan.rows() * plan.columns() * Float.BYTES;
      widener.widen(row, source, from, target, row * rowBytes);
    }
    return bytes(target);
  }

  private static byte[] bytes(MemorySegment segment) {
    return segment.toArray(ValueLayout.JAVA_BYTE);
  }

  private static Map<String, MemorySegment> read(String file) {
    ObjectStore store = new FolderObjectStore(Path.of("src/test/resources/hypercloning"));
    StoredObject object = store.get(file);
    Map<String, MemorySegment> tensors = new HashMap<>();
    for (Entry entry : SafetensorsReader.readHeader(store, object).entries()) {
      MemorySegment values = MemorySegment.ofArray(new byte[(int) entry.tensor().bytes()]);
      store.read(object, entry.offset(), values);
      tensors.put(entry.tensor().name(), values);
    }
    return tensors;
  }
}
