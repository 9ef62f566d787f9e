package dev.sparkling.checkpoint.format;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sparkling.checkpoint.model.ModelConfiguration;
import dev.sparkling.checkpoint.model.ModelConfigurationJson;
import dev.sparkling.checkpoint.model.TensorNames;
import dev.sparkling.checkpoint.model.TestModels;
import dev.sparkling.checkpoint.safetensors.DType;
import dev.sparkling.checkpoint.safetensors.SafetensorsHeader;
import dev.sparkling.checkpoint.safetensors.TensorSpec;
import dev.sparkling.checkpoint.store.InMemoryObjectStore;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.checkpoint.store.ObjectUpload;
import dev.sparkling.pipeline.spec.model.MlpShape.ExpertsShape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Hugging Face folders in both layouts of experts. */
class HuggingFaceLayoutTest {

  private static final ModelConfiguration MODEL = TestModels.moe(true);

  private final ObjectStore store = new InMemoryObjectStore();

  /** The same values, with a matrix per expert and with all experts in one tensor. */
  @Test
  void huggingFaceFolderIsReadInBothLayoutsOfExperts() {
    Map<TensorSpec, float[]> separate = new LinkedHashMap<>();
    try (TensorSequence all = TestTensors.random(MODEL, FileKind.MODEL, 5)) {
      for (TensorSpec tensor : all.tensors()) {
        separate.put(tensor, all.next().toArray(ValueLayout.JAVA_FLOAT));
      }
    }
    Map<TensorSpec, float[]> fused = new LinkedHashMap<>();
    separate.forEach(
        (tensor, values) -> {
          if (!tensor.name().contains(".experts.")) {
            fused.put(tensor, values);
          }
        });
    for (int layer = 0; layer < MODEL.layers(); layer++) {
      String prefix = "model.layers." + layer + ".mlp.experts.";
      fused.put(
          TensorSpec.of(prefix + "gate_up_proj", DType.F32, 3, 12, 8),
          experts(separate, layer, "gate_proj", "up_proj"));
      fused.put(
          TensorSpec.of(prefix + "down_proj", DType.F32, 3, 8, 6),
          experts(separate, layer, "down_proj"));
    }
    writeHuggingFace("separate", separate);
    writeHuggingFace("fused", fused);
    Map<String, float[]> expected =
        TestTensors.values(CheckpointReader.openAny(store, "separate"), FileKind.MODEL);
    Map<String, float[]> actual =
        TestTensors.values(CheckpointReader.openAny(store, "fused"), FileKind.MODEL);
    assertThat(actual.keySet()).containsExactlyInAnyOrderElementsOf(expected.keySet());
    expected.forEach((name, values) -> assertThat(actual.get(name)).as(name).isEqualTo(values));
  }

  private static float[] experts(Map<TensorSpec, float[]> all, int layer, String... parts) {
    float[] joined = new float[0];
    for (int expert = 0; expert < ((ExpertsShape) MODEL.mlp()).experts(); expert++) {
      for (String part : parts) {
        String name = TensorNames.expert(layer, expert, part);
        float[] values =
            all.entrySet().stream()
                .filter(entry -> entry.getKey().name().equals(name))
                .findFirst()
                .orElseThrow()
                .getValue();
        joined = Arrays.copyOf(joined, joined.length + values.length);
        System.arraycopy(values, 0, joined, joined.length - values.length, values.length);
      }
    }
    return joined;
  }

  private void writeHuggingFace(String folder, Map<TensorSpec, float[]> tensors) {
    store.write(folder + "/config.json", ModelConfigurationJson.encode(MODEL));
    SafetensorsHeader header =
        SafetensorsHeader.layOut(List.copyOf(tensors.keySet()), Map.of("format", "pt"));
    try (ObjectUpload upload = store.create(folder + "/model.safetensors")) {
      upload.write(MemorySegment.ofArray(header.encode()));
      for (float[] values : tensors.values()) {
        upload.write(Arena.ofAuto().allocateFrom(ValueLayout.JAVA_FLOAT, values));
      }
      upload.commit();
    }
  }
}
