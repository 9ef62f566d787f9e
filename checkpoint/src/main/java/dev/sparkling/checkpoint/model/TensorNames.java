package dev.sparkling.checkpoint.model;

/** Hugging Face's names of Qwen3 and Qwen3-MoE tensors, as in released checkpoints. */
public final class TensorNames {

  public static final String EMBEDDING = "model.embed_tokens.weight";
  public static final String FINAL_NORM = "model.norm.weight";
  public static final String HEAD = "lm_head.weight";

  private TensorNames() {}

  public static String inputNorm(int layer) {
    return layer(layer) + "input_layernorm.weight";
  }

  public static String postAttentionNorm(int layer) {
    return layer(layer) + "post_attention_layernorm.weight";
  }

  /**
   * Returns the name of a matrix or norm of the attention.
   *
   * @param part {@code q_proj}, {@code k_proj}, {@code v_proj}, {@code o_proj}, {@code q_norm},
   *     {@code k_norm}
   */
  public static String attention(int layer, String part) {
    return layer(layer) + "self_attn." + part + ".weight";
  }

  public static String router(int layer) {
    return layer(layer) + "mlp.gate.weight";
  }

  /**
   * Returns the name of a matrix of one expert.
   *
   * @param part {@code gate_proj}, {@code up_proj} or {@code down_proj}
   */
  public static String expert(int layer, int expert, String part) {
    return layer(layer) + "mlp.experts." + expert + "." + part + ".weight";
  }

  /** Whether a tensor belongs to an expert. */
  public static boolean isExpert(String tensor) {
    return tensor.contains(".mlp.experts.");
  }

  /** Returns the name of a matrix of a dense MLP; parts as in {@link #expert}. */
  public static String mlp(int layer, String part) {
    return layer(layer) + "mlp." + part + ".weight";
  }

  private static String layer(int layer) {
    return "model.layers." + layer + ".";
  }
}
