package dev.sparkling.checkpoint.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sparkling.pipeline.plan.ParameterCount;
import dev.sparkling.pipeline.spec.model.Architecture;
import dev.sparkling.pipeline.spec.model.ModelSpec;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TensorCatalogueTest {

  @Test
  void everyTensorHasItsRoleAndAxes() {
    Map<String, CatalogueTensor> tensors = TensorCatalogue.of(TestModels.moe(false)).tensors();
    assertThat(tensors).hasSize(1 + 2 * (8 + 1 + 9) + 2);
    assertTensor(
        tensors, "model.embed_tokens.weight", TensorRole.EMBEDDING, "VOCABULARY 11, HIDDEN 8");
    assertTensor(tensors, "lm_head.weight", TensorRole.HEAD, "VOCABULARY 11, HIDDEN 8");
    assertTensor(tensors, "model.norm.weight", TensorRole.NORM, "HIDDEN 8");
    assertTensor(tensors, "model.layers.1.input_layernorm.weight", TensorRole.NORM, "HIDDEN 8");
    assertTensor(
        tensors, "model.layers.1.post_attention_layernorm.weight", TensorRole.NORM, "HIDDEN 8");
    assertTensor(
        tensors, "model.layers.0.self_attn.q_proj.weight", TensorRole.MATRIX, "HEADS 40, HIDDEN 8");
    assertTensor(
        tensors, "model.layers.0.self_attn.k_proj.weight", TensorRole.MATRIX, "HEADS 20, HIDDEN 8");
    assertTensor(
        tensors, "model.layers.0.self_attn.v_proj.weight", TensorRole.MATRIX, "HEADS 20, HIDDEN 8");
    assertTensor(
        tensors, "model.layers.0.self_attn.o_proj.weight", TensorRole.MATRIX, "HIDDEN 8, HEADS 40");
    assertTensor(tensors, "model.layers.0.self_attn.q_norm.weight", TensorRole.NORM, "NONE 10");
    assertTensor(tensors, "model.layers.0.self_attn.k_norm.weight", TensorRole.NORM, "NONE 10");
    assertTensor(tensors, "model.layers.0.mlp.gate.weight", TensorRole.MATRIX, "NONE 3, HIDDEN 8");
    assertTensor(
        tensors,
        "model.layers.0.mlp.experts.2.gate_proj.weight",
        TensorRole.GATE,
        "INNER 6, HIDDEN 8");
    assertTensor(
        tensors,
        "model.layers.0.mlp.experts.2.up_proj.weight",
        TensorRole.MATRIX,
        "INNER 6, HIDDEN 8");
    assertTensor(
        tensors,
        "model.layers.0.mlp.experts.2.down_proj.weight",
        TensorRole.MATRIX,
        "HIDDEN 8, INNER 6");
  }

  @Test
  void denseModelHasOneMlpALayerAndTiedModelNoHead() {
    Map<String, CatalogueTensor> tensors = TensorCatalogue.of(TestModels.dense(true)).tensors();
    assertThat(tensors).hasSize(1 + 2 * (8 + 3) + 1);
    assertThat(tensors).doesNotContainKey("lm_head.weight");
    assertTensor(
        tensors, "model.layers.1.mlp.down_proj.weight", TensorRole.MATRIX, "HIDDEN 8, INNER 6");
  }

  @Test
  void agreesWithThePlansCountOfParameters() {
    for (Architecture architecture : Architecture.values()) {
      for (boolean tied : new boolean[] {true, false}) {
        boolean moe = architecture == Architecture.MOE;
        ModelSpec spec =
            new ModelSpec(
                architecture, 11, 2, 8, 6, 4, 2, 10, moe ? 3 : 0, moe ? 2 : 0, tied, 1e4, 1e-6);
        long counted =
            TensorCatalogue.of(ModelConfiguration.of(spec, 16)).tensors().values().stream()
                .mapToLong(tensor -> tensor.shape().stream().reduce(1L, (a, b) -> a * b))
                .sum();
        assertThat(counted).isEqualTo(ParameterCount.of(spec).total());
      }
    }
  }

  private static void assertTensor(
      Map<String, CatalogueTensor> tensors, String name, TensorRole role, String axes) {
    CatalogueTensor tensor = tensors.get(name);
    assertThat(tensor).as(name).isNotNull();
    assertThat(tensor.role()).as(name).isEqualTo(role);
    List<String> parts = new java.util.ArrayList<>();
    for (int i = 0; i < tensor.axes().size(); i++) {
      parts.add(tensor.axes().get(i) + " " + tensor.shape().get(i));
    }
    assertThat(String.join(", ", parts)).as(name).isEqualTo(axes);
  }
}
