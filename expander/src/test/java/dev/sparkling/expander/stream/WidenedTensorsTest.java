package dev.sparkling.expander.stream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sparkling.checkpoint.format.CheckpointReader;
import dev.sparkling.checkpoint.format.FileKind;
import dev.sparkling.checkpoint.format.TestTensors;
import dev.sparkling.checkpoint.model.ModelConfiguration;
import dev.sparkling.checkpoint.model.TestModels;
import dev.sparkling.checkpoint.safetensors.TensorSpec;
import dev.sparkling.checkpoint.store.InMemoryObjectStore;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.expander.plan.ExpansionPlan;
import dev.sparkling.expander.widen.RowSums;
import dev.sparkling.pipeline.spec.model.BaselineSpec;
import dev.sparkling.pipeline.spec.model.ExpansionSpec;
import dev.sparkling.pipeline.spec.model.Initialization;
import dev.sparkling.pipeline.spec.model.NormInitialization;
import dev.sparkling.pipeline.spec.model.OptimizerStateStrategy;
import dev.sparkling.pipeline.spec.model.RewarmupSpec;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Map;
import java.util.Objects;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

/** The models have hidden size 8 and inner size 6. */
class WidenedTensorsTest {

  private static final long PLENTY = 1L << 30;
  private static final String FROM = "narrow";

  private final ObjectStore store = new InMemoryObjectStore();

  /** Compares any division with whole tensors. */
  @Property(tries = 200)
  void bytesDoNotDependOnTheDivisionIntoPortions(
      @ForAll Initialization initialization,
      @ForAll OptimizerStateStrategy optimizerState,
      @ForAll NormInitialization norms,
      @ForAll @IntRange(min = 8, max = 35) int hiddenSize,
      @ForAll @IntRange(min = 6, max = 20) int innerSize,
      @ForAll boolean moe,
      @ForAll boolean tied,
      @ForAll("portionBytes") long portionBytes) {
    ModelConfiguration model = moe ? TestModels.moe(tied) : TestModels.dense(tied);
    TestTensors.write(store, FROM, model, TestTensors.state(model, 10), 3);
    CheckpointReader reader = CheckpointReader.open(store, FROM);
    ExpansionPlan plan =
        ExpansionPlan.of(
            model,
            hiddenSize,
            innerSize,
            spec(hiddenSize, innerSize, initialization, optimizerState, norms));
    for (FileKind kind : FileKind.values()) {
      PortionLayout whole = PortionLayout.of(reader.files(kind), plan.tensors(), PLENTY);
      PortionLayout cut = PortionLayout.of(reader.files(kind), plan.tensors(), portionBytes);
      assertThat(whole.portions()).hasSize(1);
      assertThat(bytes(reader, kind, cut, 3 * cut.largestPortion()))
          .isEqualTo(bytes(reader, kind, whole, PLENTY));
    }
  }

  @Example
  void sumsOfASplitTensorAreThoseOfTheWhole() {
    ModelConfiguration model = TestModels.dense(true);
    TestTensors.write(store, FROM, model, TestTensors.state(model, 10), 3);
    CheckpointReader reader = CheckpointReader.open(store, FROM);
    ExpansionSpec spec =
        spec(
            20,
            9,
            Initialization.COPY_COPY,
            OptimizerStateStrategy.ASYMMETRIC,
            NormInitialization.COPY);
    ExpansionPlan plan = ExpansionPlan.of(model, 20, 9, spec);
    Map<String, RowSums> whole =
        sums(reader, PortionLayout.of(reader.files(FileKind.MODEL), plan.tensors(), PLENTY));
    Map<String, RowSums> cut =
        sums(reader, PortionLayout.of(reader.files(FileKind.MODEL), plan.tensors(), 200));
    assertThat(cut.keySet()).containsExactlyElementsOf(whole.keySet());
    whole.forEach(
        (name, sums) -> {
          RowSums parts = Objects.requireNonNull(cut.get(name));
          assertThat(parts.oldRows()).isEqualTo(sums.oldRows());
          assertThat(parts.wideRows()).isEqualTo(sums.wideRows());
          assertThat(parts.mapped() / sums.mapped()).isBetween(1 - 1e-12, 1 + 1e-12);
        });
  }

  @Example
  void largeTensorsAreSplitBetweenRowsAndSmallOnesShareAPortion() {
    ModelConfiguration model = TestModels.moe(true);
    TestTensors.write(store, FROM, model, TestTensors.state(model, 10), 3);
    CheckpointReader reader = CheckpointReader.open(store, FROM);
    ExpansionPlan plan =
        ExpansionPlan.of(
            model,
            16,
            12,
            spec(
                16,
                12,
                Initialization.COPY_COPY,
                OptimizerStateStrategy.ASYMMETRIC,
                NormInitialization.COPY));
    PortionLayout layout = PortionLayout.of(reader.files(FileKind.MODEL), plan.tensors(), 1000);
    // The embedding has 11 rows of 8, which become 16 floats: 96 bytes per row, 10 rows per
    // portion.
    assertThat(layout.portions().get(0).ranges()).hasSize(1);
    assertThat(layout.portions().get(0).ranges().getFirst().rows()).isEqualTo(10);
    assertThat(layout.portions().get(1).ranges().getFirst().rows()).isEqualTo(1);
    assertThat(layout.portions()).allMatch(portion -> portion.memory() <= 1000);
    assertThat(layout.portions()).anyMatch(portion -> portion.ranges().size() > 1);
    assertThat(layout.bytes())
        .isEqualTo(layout.portions().stream().mapToLong(Portion::bytes).sum());
  }

  @Provide
  Arbitrary<Long> portionBytes() {
    return Arbitraries.longs().between(1, 5000);
  }

  private byte[] bytes(
      CheckpointReader reader, FileKind kind, PortionLayout layout, long memoryBytes) {
    try (SourceDigests digests = new SourceDigests(store, reader, reader.files(kind));
        WidenedTensors widened = open(layout, memoryBytes, digests)) {
      ByteArrayOutputStream all = new ByteArrayOutputStream();
      for (TensorSpec tensor : widened.tensors()) {
        long left = tensor.bytes();
        while (left > 0) {
          MemorySegment piece = widened.next();
          left -= piece.byteSize();
          all.writeBytes(piece.toArray(ValueLayout.JAVA_BYTE));
        }
        assertThat(left).as(tensor.name()).isZero();
      }
      assertThat(widened.sums()).hasSameSizeAs(widened.tensors());
      digests.finish();
      return all.toByteArray();
    }
  }

  private Map<String, RowSums> sums(CheckpointReader reader, PortionLayout layout) {
    try (SourceDigests digests = new SourceDigests(store, reader, reader.files(FileKind.MODEL));
        WidenedTensors widened = open(layout, PLENTY, digests)) {
      long left = layout.bytes();
      while (left > 0) {
        left -= widened.next().byteSize();
      }
      return widened.sums();
    }
  }

  private WidenedTensors open(PortionLayout layout, long memoryBytes, SourceDigests digests) {
    return new WidenedTensors(
        store,
        layout,
        digests,
        new StreamSettings(7, Math.min(memoryBytes, 64L << 20), "wide", () -> false, _ -> {}));
  }

  private static ExpansionSpec spec(
      int hiddenSize,
      int innerSize,
      Initialization initialization,
      OptimizerStateStrategy optimizerState,
      NormInitialization norms) {
    return new ExpansionSpec(
        hiddenSize,
        innerSize,
        initialization,
        optimizerState,
        norms,
        BaselineSpec.DEFAULT,
        new RewarmupSpec(1.3, 250),
        0.05);
  }
}
