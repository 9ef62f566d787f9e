package dev.sparkling.checkpoint.model;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sparkling.checkpoint.json.JsonErrors;
import dev.sparkling.checkpoint.safetensors.DType;
import dev.sparkling.pipeline.error.CorruptCheckpoint;
import dev.sparkling.pipeline.error.UserError;
import dev.sparkling.pipeline.spec.model.Limits;
import dev.sparkling.pipeline.spec.model.MlpShape.DenseShape;
import dev.sparkling.pipeline.spec.model.MlpShape.ExpertsShape;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Encodes and decodes {@code config.json} as Hugging Face does. Source: configuration_qwen3.py and
 * configuration_qwen3_moe.py of transformers 4 and 5. Keys that do not affect the model are
 * ignored; values that imply an unsupported model are errors.
 */
public final class ModelConfigurationJson {

  /** Sparkling's own key, which Hugging Face ignores; absent means 1. */
  static final String LOGIT_SCALE = "sparkling_logit_scale";

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final double DEFAULT_ROPE_THETA = 10_000;
  private static final double DEFAULT_RMS_NORM_EPSILON = 1e-6;
  private static final int DEFAULT_MAX_POSITIONS = 32_768;

  /** Largest number of experts in all layers: all their matrices are listed before any is read. */
  private static final int MAX_EXPERTS = 1 << 20;

  private final String location;
  private final JsonNode root;
  private final List<String> problems = new ArrayList<>();

  private ModelConfigurationJson(String location, JsonNode root) {
    this.location = location;
    this.root = root;
  }

  /** Encodes a model with 32-bit floats. */
  public static byte[] encode(ModelConfiguration model) {
    return encode(model, DType.F32);
  }

  /** Encodes a model. */
  public static byte[] encode(ModelConfiguration model, DType type) {
    ObjectNode root = JSON.createObjectNode();
    boolean moe = model.mlp() instanceof ExpertsShape;
    root.putArray("architectures").add(moe ? "Qwen3MoeForCausalLM" : "Qwen3ForCausalLM");
    root.put("model_type", moe ? "qwen3_moe" : "qwen3");
    root.put("vocab_size", model.vocabularySize());
    root.put("hidden_size", model.hiddenSize());
    // In Qwen3-MoE this is the width of dense layers between MoE layers, which our models do not
    // have.
    root.put("intermediate_size", model.innerSize());
    root.put("num_hidden_layers", model.layers());
    root.put("num_attention_heads", model.attentionHeads());
    root.put("num_key_value_heads", model.keyValueHeads());
    root.put("head_dim", model.headDim());
    root.put("hidden_act", "silu");
    root.put("max_position_embeddings", model.maxPositions());
    root.put("rms_norm_eps", model.rmsNormEpsilon());
    root.put("rope_theta", model.ropeTheta());
    root.putObject("rope_parameters")
        .put("rope_theta", model.ropeTheta())
        .put("rope_type", "default");
    root.put("attention_bias", false);
    root.put("attention_dropout", 0.0);
    root.put("use_sliding_window", false);
    root.put("tie_word_embeddings", model.tiedEmbeddings());
    root.put("torch_dtype", torchName(type));
    if (model.mlp() instanceof ExpertsShape shape) {
      root.put("moe_intermediate_size", shape.innerSize());
      root.put("num_experts", shape.experts());
      root.put("num_experts_per_tok", shape.expertsPerToken());
      root.put("norm_topk_prob", shape.normalizeTopK());
      root.put("decoder_sparse_step", 1);
      root.putArray("mlp_only_layers");
    }
    if (model.logitScale() != 1) {
      root.put(LOGIT_SCALE, model.logitScale());
    }
    try {
      String text = JSON.writerWithDefaultPrettyPrinter().writeValueAsString(root) + "\n";
      return text.getBytes(StandardCharsets.UTF_8);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String torchName(DType type) {
    return switch (type) {
      case F16 -> "float16";
      case BF16 -> "bfloat16";
      case F64 -> "float64";
      default -> "float32";
    };
  }

  /**
   * Decodes a file's bytes.
   *
   * @param location location of the file, for messages
   * @throws CorruptCheckpoint if it is not JSON
   * @throws UserError naming every key that is missing or has an unsupported value
   */
  public static ModelConfiguration decode(String location, byte[] bytes) {
    try {
      JsonNode root = JSON.readTree(bytes);
      if (root == null || !root.isObject()) {
        throw new CorruptCheckpoint(location + ": is not a JSON object");
      }
      return new ModelConfigurationJson(location, root).decode();
    } catch (IOException e) {
      throw new CorruptCheckpoint(location + ": is not JSON: " + JsonErrors.describe(e), e);
    }
  }

  private ModelConfiguration decode() {
    String type = root.path("model_type").asText();
    boolean moe = type.equals("qwen3_moe");
    if (!moe && !type.equals("qwen3")) {
      throw new UserError(
          location + ": model_type: '" + type + "' is not known; allowed: qwen3, qwen3_moe");
    }
    only("hidden_act", "silu");
    only("attention_bias", "false");
    only("use_sliding_window", "false");
    only("decoder_sparse_step", "1");
    only("mlp_only_layers", "[]");
    only("rope_scaling", "null");
    JsonNode rope = root.path("rope_parameters");
    require(
        rope.path("rope_type").asText("default").equals("default"),
        "rope_parameters.rope_type",
        rope.path("rope_type") + " is not known; allowed: default");
    int hidden = size("hidden_size", Limits.WIDTH);
    int heads = size("num_attention_heads", Limits.HEADS);
    int keyValueHeads =
        root.has("num_key_value_heads") ? size("num_key_value_heads", Limits.HEADS) : heads;
    int headDim =
        root.path("head_dim").isNumber()
            ? size("head_dim", Limits.HEAD_DIM)
            : hidden / Math.max(1, heads);
    require(headDim % 2 == 0, "head_dim", headDim + " is odd; an even number is needed");
    require(
        keyValueHeads == 0 || heads % keyValueHeads == 0,
        "num_key_value_heads",
        keyValueHeads + " does not divide num_attention_heads " + heads);
    int layers = size("num_hidden_layers", Limits.LAYERS);
    double ropeTheta =
        positive("rope_theta", rope.has("rope_theta") ? rope : root, DEFAULT_ROPE_THETA);
    double epsilon = positive("rms_norm_eps", root, DEFAULT_RMS_NORM_EPSILON);
    double logitScale = positive(LOGIT_SCALE, root, 1);
    int maxPositions =
        root.has("max_position_embeddings")
            ? size("max_position_embeddings", Limits.SEQUENCE_LENGTH)
            : DEFAULT_MAX_POSITIONS;
    ModelConfiguration model =
        new ModelConfiguration(
            size("vocab_size", Limits.VOCABULARY),
            layers,
            hidden,
            moe ? experts(layers) : new DenseShape(size("intermediate_size", Limits.WIDTH)),
            heads,
            keyValueHeads,
            headDim,
            root.path("tie_word_embeddings").asBoolean(false),
            ropeTheta,
            epsilon,
            maxPositions,
            logitScale);
    if (!problems.isEmpty()) {
      throw new UserError(problems);
    }
    return model;
  }

  private ExpertsShape experts(int layers) {
    String expertsKey = root.has("num_experts") ? "num_experts" : "num_local_experts";
    int experts = size(expertsKey, Limits.EXPERTS);
    int expertsPerToken = size("num_experts_per_tok", Limits.EXPERTS);
    require(
        expertsPerToken <= experts,
        "num_experts_per_tok",
        expertsPerToken + " is more than " + expertsKey + " " + experts);
    require(
        (long) layers * experts <= MAX_EXPERTS,
        expertsKey,
        experts + " in each of " + layers + " layers are more than " + MAX_EXPERTS + " in all");
    return new ExpertsShape(
        size("moe_intermediate_size", Limits.WIDTH),
        experts,
        expertsPerToken,
        root.path("norm_topk_prob").asBoolean(false));
  }

  private int size(String key, int largest) {
    JsonNode node = root.path(key);
    boolean allowed = node.isInt() && node.asInt() > 0 && node.asInt() <= largest;
    require(
        allowed,
        key,
        node.isMissingNode()
            ? "is missing"
            : node + " is outside of the whole numbers from 1 to " + largest);
    return allowed ? node.asInt() : 0;
  }

  private double positive(String key, JsonNode parent, double absent) {
    JsonNode node = parent.path(key);
    if (node.isMissingNode()) {
      return absent;
    }
    require(
        node.isNumber() && node.asDouble() > 0 && Double.isFinite(node.asDouble()),
        key,
        node + " is not a finite number above 0");
    return node.asDouble();
  }

  private void only(String key, String allowed) {
    JsonNode node = root.path(key);
    require(
        node.isMissingNode() || node.isNull() || asText(node).equals(allowed),
        key,
        asText(node) + " is not supported; allowed: " + allowed);
  }

  private static String asText(JsonNode node) {
    return node.isValueNode() ? node.asText() : node.toString();
  }

  private void require(boolean holds, String key, String problem) {
    if (!holds) {
      problems.add(location + ": " + key + ": " + problem);
    }
  }
}
