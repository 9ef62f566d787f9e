package dev.sparkling.pipeline.spec.model;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The shape of a model. In the resource it is the narrowest one. Tied embeddings: method.md 2,
 * paper App. D.1.
 */
@ValidationRule(
    value = "self.attentionHeads % self.keyValueHeads == 0",
    message =
        "keyValueHeads: must divide attentionHeads; every key/value head serves the same number of query heads")
@ValidationRule(
    value = "self.headDim % 2 == 0",
    message = "headDim: must be even; rotary embedding turns pairs of channels")
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
            "Model family: moe (Qwen3-MoE, experts) or dense (Qwen3, one MLP a layer); default moe")
        Architecture architecture,
    @JsonPropertyDescription(
            "Tokens of the vocabulary: rows of the embedding; at least the tokenizer's")
        @Required
        @Min(1)
        @Max(Limits.VOCABULARY)
        int vocabularySize,
    @JsonPropertyDescription("Transformer layers; the same in every stage")
        @Required
        @Min(1)
        @Max(Limits.LAYERS)
        int layers,
    @JsonPropertyDescription("Channels of the residual stream in the first stage")
        @Required
        @Min(1)
        @Max(Limits.WIDTH)
        int hiddenSize,
    @JsonPropertyDescription(
            "Channels inside one expert, or inside the dense MLP, in the first stage")
        @Required
        @Min(1)
        @Max(Limits.WIDTH)
        int innerSize,
    @JsonPropertyDescription("Query heads of a layer; the same in every stage")
        @Required
        @Min(1)
        @Max(Limits.HEADS)
        int attentionHeads,
    @JsonPropertyDescription("Key and value heads of a layer; must divide attentionHeads")
        @Required
        @Min(1)
        @Max(Limits.HEADS)
        int keyValueHeads,
    @JsonPropertyDescription(
            "Channels of one attention head, an even number; need not be hiddenSize / attentionHeads")
        @Required
        @Min(2)
        @Max(Limits.HEAD_DIM)
        int headDim,
    @JsonPropertyDescription("Experts of a layer; needed for moe, absent for dense")
        @Min(0)
        @Max(Limits.EXPERTS)
        int experts,
    @JsonPropertyDescription("Experts that work on one token; needed for moe, absent for dense")
        @Min(0)
        @Max(Limits.EXPERTS)
        int expertsPerToken,
    @JsonPropertyDescription("Whether the output head is the embedding; default true")
        Boolean tiedEmbeddings,
    @JsonPropertyDescription("Base of the rotary position embedding; default 10000")
        Double ropeTheta,
    @JsonPropertyDescription("Added to the mean square in every RMSNorm; default 1e-6")
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

  /** The shape of every layer's MLP; the model must be valid. */
  public MlpShape mlp() {
    return switch (architecture) {
      case DENSE -> new MlpShape.DenseShape(innerSize);
      case MOE -> new MlpShape.ExpertsShape(innerSize, experts, expertsPerToken, true);
    };
  }

  /** The same model after an expansion, if there is one. */
  public ModelSpec widened(@Nullable ExpansionSpec expansion) {
    return expansion == null
        ? this
        : withWidths(
            expansion.hiddenSize() == 0 ? hiddenSize : expansion.hiddenSize(),
            expansion.innerSize() == 0 ? innerSize : expansion.innerSize());
  }

  /** The same model with other widths; heads, layers and experts stay. */
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
