package dev.sparkling.pipeline.spec.model;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The shape of a model; in the resource, that of the first stage. Embeddings are tied as in
 * appendix D.1 of the paper.
 */
@ValidationRule(
    value = "self.attentionHeads % self.keyValueHeads == 0",
    message =
        "keyValueHeads: must divide attentionHeads; every key/value head serves the same number of query heads")
@ValidationRule(
    value = "self.headDim % 2 == 0",
    message = "headDim: must be even; rotary embedding rotates pairs of channels")
@ValidationRule(
    value =
        "(has(self.architecture) && self.architecture == 'dense') || (has(self.experts) && self.experts > 0 && has(self.expertsPerToken) && self.expertsPerToken > 0 && self.expertsPerToken <= self.experts)",
    message =
        "experts, expertsPerToken: architecture moe needs both, and no more experts per token than experts")
@ValidationRule(
    value =
        "!has(self.architecture) || self.architecture != 'dense' || ((!has(self.experts) || self.experts == 0) && (!has(self.expertsPerToken) || self.expertsPerToken == 0))",
    message =
        "experts, expertsPerToken: architecture dense has none; leave them out, or use architecture moe")
public record ModelSpec(
    @JsonPropertyDescription(
            "Model family: moe (Qwen3-MoE, with experts) or dense (Qwen3, with one MLP per layer). Defaults to moe.")
        Architecture architecture,
    @JsonPropertyDescription(
            "Size of the vocabulary, the number of rows of the embedding; at least that of the tokenizer.")
        @Required
        @Min(1)
        @Max(Limits.VOCABULARY)
        int vocabularySize,
    @JsonPropertyDescription("Number of transformer layers, the same in every stage.")
        @Required
        @Min(1)
        @Max(Limits.LAYERS)
        int layers,
    @JsonPropertyDescription("Number of channels of the residual stream in the first stage.")
        @Required
        @Min(1)
        @Max(Limits.WIDTH)
        int hiddenSize,
    @JsonPropertyDescription(
            "Number of channels inside an expert, or inside the dense MLP, in the first stage.")
        @Required
        @Min(1)
        @Max(Limits.WIDTH)
        int innerSize,
    @JsonPropertyDescription("Number of query heads per layer, the same in every stage.")
        @Required
        @Min(1)
        @Max(Limits.HEADS)
        int attentionHeads,
    @JsonPropertyDescription("Number of key and value heads per layer; must divide attentionHeads.")
        @Required
        @Min(1)
        @Max(Limits.HEADS)
        int keyValueHeads,
    @JsonPropertyDescription(
            "Number of channels per attention head, even; independent of hiddenSize / attentionHeads.")
        @Required
        @Min(2)
        @Max(Limits.HEAD_DIM)
        int headDim,
    @JsonPropertyDescription(
            "Number of experts per layer. Required for moe, not allowed for dense.")
        @Min(0)
        @Max(Limits.EXPERTS)
        int experts,
    @JsonPropertyDescription(
            "Number of experts that process a token. Required for moe, not allowed for dense.")
        @Min(0)
        @Max(Limits.EXPERTS)
        int expertsPerToken,
    @JsonPropertyDescription(
            "If true, the output head shares the weights of the embedding. Defaults to true.")
        Boolean tiedEmbeddings,
    @JsonPropertyDescription("Base of the rotary position embedding. Defaults to 10000.")
        Double ropeTheta,
    @JsonPropertyDescription(
            "Constant added to the mean square in every RMSNorm. Defaults to 1e-6.")
        Double rmsNormEpsilon) {

  /** Hugging Face's default for Qwen3. */
  private static final double DEFAULT_ROPE_THETA = 10_000;

  private static final double DEFAULT_RMS_NORM_EPSILON = 1e-6;

  public static final ModelSpec EMPTY =
      new ModelSpec(
          Architecture.MOE,
          0,
          0,
          0,
          0,
          0,
          0,
          0,
          0,
          0,
          true,
          DEFAULT_ROPE_THETA,
          DEFAULT_RMS_NORM_EPSILON);

  public ModelSpec {
    architecture = Objects.requireNonNullElse(architecture, Architecture.MOE);
    tiedEmbeddings = Objects.requireNonNullElse(tiedEmbeddings, true);
    ropeTheta = Objects.requireNonNullElse(ropeTheta, DEFAULT_ROPE_THETA);
    rmsNormEpsilon = Objects.requireNonNullElse(rmsNormEpsilon, DEFAULT_RMS_NORM_EPSILON);
  }

  /** Returns the shape of every layer's MLP; the model must be valid. */
  public MlpShape mlp() {
    return switch (architecture) {
      case DENSE -> new MlpShape.DenseShape(innerSize);
      case MOE -> new MlpShape.ExpertsShape(innerSize, experts, expertsPerToken, true);
    };
  }

  /** Returns the model after an expansion, or this model if there is none. */
  public ModelSpec widened(@Nullable ExpansionSpec expansion) {
    return expansion == null
        ? this
        : withWidths(
            expansion.hiddenSize() == 0 ? hiddenSize : expansion.hiddenSize(),
            expansion.innerSize() == 0 ? innerSize : expansion.innerSize());
  }

  /** Returns the model with other widths; heads, layers and experts stay. */
  public ModelSpec withWidths(int newHiddenSize, int newInnerSize) {
    return new ModelSpec(
        architecture,
        vocabularySize,
        layers,
        newHiddenSize,
        newInnerSize,
        attentionHeads,
        keyValueHeads,
        headDim,
        experts,
        expertsPerToken,
        tiedEmbeddings,
        ropeTheta,
        rmsNormEpsilon);
  }
}
