package dev.sparkling.checkpoint.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sparkling.pipeline.error.CorruptCheckpoint;
import dev.sparkling.pipeline.error.UserError;
import dev.sparkling.pipeline.spec.model.MlpShape.ExpertsShape;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ModelConfigurationJsonTest {

  /** An excerpt of Qwen3-30B-A3B's. */
  private static final String QWEN =
      """
      {"model_type": "qwen3_moe", "vocab_size": 151936, "hidden_size": 2048,
       "intermediate_size": 6144, "moe_intermediate_size": 768, "num_hidden_layers": 48,
       "num_attention_heads": 32, "num_key_value_heads": 4, "head_dim": 128, "num_experts": 128,
       "num_experts_per_tok": 8, "norm_topk_prob": true, "rope_theta": 1000000.0,
       "rope_scaling": null, "rms_norm_eps": 1e-06, "tie_word_embeddings": false,
       "max_position_embeddings": 40960, "attention_bias": false, "hidden_act": "silu",
       "decoder_sparse_step": 1, "mlp_only_layers": [], "sliding_window": null,
       "use_sliding_window": false, "unknown_key": 1}
      """;

  @Test
  void everyModelSurvivesTheRoundTrip() {
    for (ModelConfiguration model :
        new ModelConfiguration[] {
          TestModels.moe(true),
          TestModels.moe(false),
          TestModels.dense(true),
          TestModels.dense(false),
          TestModels.moe(true).widened(16, 12, 0.5)
        }) {
      assertThat(ModelConfigurationJson.decode("x", ModelConfigurationJson.encode(model)))
          .isEqualTo(model);
    }
  }

  @Test
  void readsAReleasedConfiguration() {
    assertThat(decode(QWEN))
        .isEqualTo(
            new ModelConfiguration(
                151936,
                48,
                2048,
                new ExpertsShape(768, 128, 8, true),
                32,
                4,
                128,
                false,
                1e6,
                1e-6,
                40960,
                1.0));
  }

  @Test
  void readsTheKeysOfTransformers5() {
    String newer =
        QWEN.replace("\"num_experts\"", "\"num_local_experts\"")
            .replace(
                "\"rope_theta\": 1000000.0",
                "\"rope_parameters\": {\"rope_theta\": 1000000.0, \"rope_type\": \"default\"}");
    assertThat(decode(newer)).isEqualTo(decode(QWEN));
  }

  @Test
  void absentHeadDimIsTheHiddenSizeOverTheHeads() {
    assertThat(decode(QWEN.replace("\"head_dim\": 128,", "")).headDim()).isEqualTo(64);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          "qwen3_moe"                | "llama"                  | x: model_type: 'llama' is not known; allowed: qwen3, qwen3_moe
          "attention_bias": false    | "attention_bias": true   | x: attention_bias: true is not supported; allowed: false
          "hidden_act": "silu"       | "hidden_act": "gelu"     | x: hidden_act: gelu is not supported; allowed: silu
          "mlp_only_layers": []      | "mlp_only_layers": [0]   | x: mlp_only_layers: [0] is not supported; allowed: []
          "rope_scaling": null       | "rope_scaling": {"a": 1} | x: rope_scaling: {"a":1} is not supported; allowed: null
          "num_key_value_heads": 4   | "num_key_value_heads": 5 | x: num_key_value_heads: 5 does not divide num_attention_heads 32
          "head_dim": 128            | "head_dim": 127          | x: head_dim: 127 is odd; an even number is needed
          "vocab_size": 151936,      |                          | x: vocab_size: is missing
          "hidden_size": 2048        | "hidden_size": "wide"    | x: hidden_size: "wide" is outside of the whole numbers from 1 to 262144
          """)
  void anUnsupportedModelIsNamedWithItsKey(String good, String bad, String problem) {
    String json = QWEN.replace(good, bad == null ? "" : bad);
    assertThat(json).isNotEqualTo(QWEN);
    assertThatThrownBy(() -> decode(json)).isInstanceOf(UserError.class).hasMessage(problem);
  }

  @Test
  void textThatIsNotJsonIsCorrupt() {
    assertThatThrownBy(() -> decode("{\"model_type\": "))
        .isInstanceOf(CorruptCheckpoint.class)
        .hasMessageStartingWith("x: is not JSON");
  }

  private static ModelConfiguration decode(String json) {
    return ModelConfigurationJson.decode("x", json.getBytes(StandardCharsets.UTF_8));
  }
}
