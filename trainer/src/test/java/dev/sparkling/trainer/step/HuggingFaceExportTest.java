package dev.sparkling.trainer.step;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import dev.sparkling.checkpoint.format.CheckpointLocation;
import dev.sparkling.checkpoint.format.CheckpointReader;
import dev.sparkling.checkpoint.format.FileKind;
import dev.sparkling.checkpoint.format.HuggingFaceExport;
import dev.sparkling.checkpoint.format.TensorSequence;
import dev.sparkling.checkpoint.store.FolderObjectStore;
import dev.sparkling.checkpoint.store.InMemoryObjectStore;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.expander.run.ExpansionOptions;
import dev.sparkling.expander.run.ExpansionRun;
import dev.sparkling.pipeline.spec.model.BaselineSpec;
import dev.sparkling.pipeline.spec.model.ExpansionSpec;
import dev.sparkling.pipeline.spec.model.Initialization;
import dev.sparkling.pipeline.spec.model.NormInitialization;
import dev.sparkling.pipeline.spec.model.OptimizerStateStrategy;
import dev.sparkling.pipeline.spec.model.RewarmupSpec;
import dev.sparkling.trainer.TestTorch;
import dev.sparkling.trainer.model.pass.PassSettings;
import dev.sparkling.trainer.model.pass.Transformer;
import dev.sparkling.trainer.model.state.ModelState;
import java.nio.file.Path;
import java.util.OptionalLong;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A Hugging Face folder, widened and exported again, has the logits that transformers computed
 * before: the hidden size is 32 and the ratio a whole number, which preserves the function.
 */
class HuggingFaceExportTest {

  /** The tolerance of our logits before the expansion. */
  private static final float TOLERANCE = 1e-4f;

  private static final ExpansionOptions HUGGING_FACE =
      ExpansionOptions.DEFAULT.allowingHuggingFace().withSeed(OptionalLong.of(1));

  @ParameterizedTest
  @CsvSource({"dense-untied,64,80", "moe-tied,64,48", "moe-tied,96,24"})
  void widenedFolderIsExportedWithoutKeysOfOurOwn(String name, int hidden, int inner) {
    HuggingFaceFixture fixture = new HuggingFaceFixture(name);
    ObjectStore source = new FolderObjectStore(Path.of("src/test/resources/huggingface"));
    ObjectStore store = new InMemoryObjectStore();
    ExpansionRun.run(
        new CheckpointLocation(source, name),
        new CheckpointLocation(store, "wide"),
        spec(hidden, inner),
        HUGGING_FACE);
    CheckpointReader wide = CheckpointReader.open(store, "wide");
    assertThat(wide.state()).isEmpty();
    assertThat(wide.tensors(FileKind.OPTIMIZER)).isEmpty();
    assertThat(wide.model().logitScale() == 1).isEqualTo(name.endsWith("untied"));

    HuggingFaceExport.export(wide, store, "exported");
    CheckpointReader exported = CheckpointReader.openAny(store, "exported");
    assertThat(exported.manifest()).isEmpty();
    assertThat(exported.model().logitScale()).isEqualTo(1);
    for (CheckpointReader reader : new CheckpointReader[] {wide, exported}) {
      assertThat(logits(reader, fixture)).containsExactly(fixture.logits(), within(TOLERANCE));
    }
  }

  private static float[] logits(CheckpointReader reader, HuggingFaceFixture fixture) {
    try (NDManager manager = TestTorch.start().newManager();
        TensorSequence tensors = reader.read(FileKind.MODEL)) {
      ModelState state = ModelState.ofWeights(reader.model(), manager);
      state.load(tensors, reader.location());
      return new Transformer(
              reader.model(),
              state.weights(),
              PassSettings.forward(HuggingFaceFixture.LENGTH),
              manager)
          .logits(fixture.batch(1), manager)
          .toFloatArray();
    }
  }

  private static ExpansionSpec spec(int hidden, int inner) {
    return new ExpansionSpec(
        hidden,
        inner,
        Initialization.COPY_COPY,
        OptimizerStateStrategy.ASYMMETRIC,
        NormInitialization.COPY,
        BaselineSpec.DEFAULT,
        new RewarmupSpec(1.3, 10),
        0.05);
  }
}
