package dev.sparkling.expander.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sparkling.checkpoint.format.CheckpointLocation;
import dev.sparkling.checkpoint.format.CheckpointReader;
import dev.sparkling.checkpoint.format.Manifest;
import dev.sparkling.checkpoint.format.TestTensors;
import dev.sparkling.checkpoint.model.ModelConfiguration;
import dev.sparkling.checkpoint.model.TestModels;
import dev.sparkling.checkpoint.store.InMemoryObjectStore;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.pipeline.plan.ExpansionWarnings;
import dev.sparkling.pipeline.spec.model.BaselineSpec;
import dev.sparkling.pipeline.spec.model.ExpansionSpec;
import dev.sparkling.pipeline.spec.model.Initialization;
import dev.sparkling.pipeline.spec.model.NormInitialization;
import dev.sparkling.pipeline.spec.model.OptimizerStateStrategy;
import dev.sparkling.pipeline.spec.model.RewarmupSpec;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Verifies the claim of {@link ExpansionWarnings} bit for bit. The models have widths 8 and 6. */
class NaiveIsCopyCopyTest {

  private final ObjectStore store = new InMemoryObjectStore();

  @ParameterizedTest
  @CsvSource({
    "16, 6, true", "8, 12, true", "16, 12, true", "24, 18, true", "32, 6, true", "8, 30, true",
    "40, 12, true", "12, 6, false", "8, 9, false", "16, 9, false", "12, 12, false", "20, 15, false",
  })
  void exactlyWhereEveryWidthGrowsByAWholeRatio(int hiddenSize, int innerSize, boolean same) {
    for (ModelConfiguration model :
        new ModelConfiguration[] {
          TestModels.moe(true),
          TestModels.moe(false),
          TestModels.dense(true),
          TestModels.dense(false)
        }) {
      TestTensors.write(store, "narrow", model, TestTensors.state(model, 10), 3);
      Map<String, Manifest.FileDigest> copies =
          widen(spec(hiddenSize, innerSize, Initialization.COPY_COPY));
      ExpansionSpec naive = spec(hiddenSize, innerSize, Initialization.NAIVE);
      assertThat(widen(naive).equals(copies)).isEqualTo(same);
      assertThat(ExpansionWarnings.of(naive, 8, 6)).hasSize(same ? 1 : 0);
    }
  }

  /** Digests without those of the trainer state and the report, which name the initialization. */
  private Map<String, Manifest.FileDigest> widen(ExpansionSpec spec) {
    ExpansionRun.run(at("narrow"), at("wide"), spec);
    Map<String, Manifest.FileDigest> files =
        new TreeMap<>(CheckpointReader.open(store, "wide").manifest().orElseThrow().files());
    files.keySet().removeIf(name -> name.equals("trainer-state.json"));
    files.keySet().removeIf(name -> name.equals(ExpansionReport.NAME));
    assertThat(files).hasSize(4);
    return files;
  }

  private CheckpointLocation at(String folder) {
    return new CheckpointLocation(store, folder);
  }

  private static ExpansionSpec spec(int hiddenSize, int innerSize, Initialization initialization) {
    return new ExpansionSpec(
        hiddenSize,
        innerSize,
        initialization,
        OptimizerStateStrategy.ASYMMETRIC,
        NormInitialization.COPY,
        BaselineSpec.DEFAULT,
        new RewarmupSpec(1.3, 250),
        0.05);
  }
}
