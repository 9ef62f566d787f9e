package dev.sparkling.expander.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sparkling.checkpoint.format.CheckpointLocation;
import dev.sparkling.checkpoint.format.CheckpointReader;
import dev.sparkling.checkpoint.format.FileKind;
import dev.sparkling.checkpoint.format.TensorSequence;
import dev.sparkling.checkpoint.format.TestTensors;
import dev.sparkling.checkpoint.model.ModelConfiguration;
import dev.sparkling.checkpoint.model.ModelConfigurationJson;
import dev.sparkling.checkpoint.model.TensorNames;
import dev.sparkling.checkpoint.model.TestModels;
import dev.sparkling.checkpoint.safetensors.DType;
import dev.sparkling.checkpoint.safetensors.SafetensorsHeader;
import dev.sparkling.checkpoint.safetensors.TensorSpec;
import dev.sparkling.checkpoint.store.InMemoryObjectStore;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.pipeline.spec.model.BaselineSpec;
import dev.sparkling.pipeline.spec.model.ExpansionSpec;
import dev.sparkling.pipeline.spec.model.Initialization;
import dev.sparkling.pipeline.spec.model.MlpShape.ExpertsShape;
import dev.sparkling.pipeline.spec.model.NormInitialization;
import dev.sparkling.pipeline.spec.model.OptimizerStateStrategy;
import dev.sparkling.pipeline.spec.model.RewarmupSpec;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** The same weights in the layouts of different versions of transformers. */
class HuggingFaceSourceTest {

  private static final ModelConfiguration MODEL = TestModels.moe(true);

  private final ObjectStore store = new InMemoryObjectStore();
  private final Map<TensorSpec, byte[]> weights = weights();

  @Test
  void fusedExpertsInSeveralFilesWidenAsSingleOnesInOne() {
    write("single", List.of(weights), "model.safetensors");
    List<Map<TensorSpec, byte[]>> halves = halves(fused(weights));
    write("fused", halves, "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors");
    Map<String, float[]> single = widened("single");
    Map<String, float[]> fused = widened("fused");
    assertThat(fused.keySet()).containsExactlyInAnyOrderElementsOf(single.keySet());
    single.forEach((name, values) -> assertThat(fused.get(name)).as(name).isEqualTo(values));
  }

  private Map<String, float[]> widened(String folder) {
    ExpansionSpec spec =
        new ExpansionSpec(
            12,
            9,
            Initialization.RANDOM_COPY,
            OptimizerStateStrategy.ASYMMETRIC,
            NormInitialization.RESAMPLE,
            BaselineSpec.DEFAULT,
            new RewarmupSpec(1.3, 10),
            0.05);
    ExpansionOptions options =
        ExpansionOptions.DEFAULT
            .allowingHuggingFace()
            .withSeed(OptionalLong.of(3))
            .withMemory(64 << 20);
    ExpansionRun.run(at(folder), at(folder + "-wide"), spec, options);
    return TestTensors.values(CheckpointReader.open(store, folder + "-wide"), FileKind.MODEL);
  }

  private CheckpointLocation at(String folder) {
    return new CheckpointLocation(store, folder);
  }

  private static Map<TensorSpec, byte[]> weights() {
    Map<TensorSpec, byte[]> weights = new LinkedHashMap<>();
    try (TensorSequence values = TestTensors.random(MODEL, FileKind.MODEL, 1)) {
      for (TensorSpec tensor : values.tensors()) {
        weights.put(tensor, values.next().toArray(ValueLayout.JAVA_BYTE));
      }
    }
    return weights;
  }

  /** Fuses gate and up of all experts into one tensor, and down into another. */
  private static Map<TensorSpec, byte[]> fused(Map<TensorSpec, byte[]> weights) {
    Map<String, byte[]> byName = new LinkedHashMap<>();
    weights.forEach((tensor, bytes) -> byName.put(tensor.name(), bytes));
    Map<TensorSpec, byte[]> fused = new LinkedHashMap<>(weights);
    fused.keySet().removeIf(tensor -> TensorNames.isExpert(tensor.name()));
    for (int layer = 0; layer < MODEL.layers(); layer++) {
      ByteArrayOutputStream gateUp = new ByteArrayOutputStream();
      ByteArrayOutputStream down = new ByteArrayOutputStream();
      for (int expert = 0; expert < ((ExpertsShape) MODEL.mlp()).experts(); expert++) {
        for (String part : List.of("gate_proj", "up_proj", "down_proj")) {
          (part.equals("down_proj") ? down : gateUp)
              .writeBytes(
                  Objects.requireNonNull(byName.get(TensorNames.expert(layer, expert, part))));
        }
      }
      String prefix = "model.layers." + layer + ".mlp.experts.";
      int experts = ((ExpertsShape) MODEL.mlp()).experts();
      int hidden = MODEL.hiddenSize();
      int inner = MODEL.innerSize();
      fused.put(
          TensorSpec.of(prefix + "gate_up_proj", DType.F32, experts, 2L * inner, hidden),
          gateUp.toByteArray());
      fused.put(
          TensorSpec.of(prefix + "down_proj", DType.F32, experts, hidden, inner),
          down.toByteArray());
    }
    return fused;
  }

  private static List<Map<TensorSpec, byte[]>> halves(Map<TensorSpec, byte[]> weights) {
    List<Map<TensorSpec, byte[]>> halves = List.of(new LinkedHashMap<>(), new LinkedHashMap<>());
    weights.forEach(
        (tensor, bytes) ->
            halves.get(halves.getFirst().size() < weights.size() / 2 ? 0 : 1).put(tensor, bytes));
    return halves;
  }

  private void write(String folder, List<Map<TensorSpec, byte[]>> files, String... names) {
    store.write(folder + "/config.json", ModelConfigurationJson.encode(MODEL, DType.F32));
    for (int i = 0; i < names.length; i++) {
      ByteArrayOutputStream file = new ByteArrayOutputStream();
      file.writeBytes(
          SafetensorsHeader.layOut(new ArrayList<>(files.get(i).keySet()), Map.of("format", "pt"))
              .encode());
      files.get(i).values().forEach(file::writeBytes);
      store.write(folder + "/" + names[i], file.toByteArray());
    }
  }
}
