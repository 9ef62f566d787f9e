package dev.sparkling.pipeline.spec;

import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The shape of a model. In the resource it is the narrowest one.
 *
 * @param vocabularySize rows of the embedding
 * @param innerSize width of one expert, or of the dense MLP
 * @param headDim width of one attention head; independent of {@code hiddenSize / attentionHeads}
 * @param experts 0 for a dense model
 * @param tiedEmbeddings whether the output head is the embedding (method.md 2, paper App. D.1)
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
    Architecture architecture,
    @Required @Min(1) @Max(Limits.VOCABULARY) int vocabularySize,
    @Required @Min(1) @Max(Limits.LAYERS) int layers,
    @Required @Min(1) @Max(Limits.WIDTH) int hiddenSize,
    @Required @Min(1) @Max(Limits.WIDTH) int innerSize,
    @Required @Min(1) @Max(Limits.HEADS) int attentionHeads,
    @Required @Min(1) @Max(Limits.HEADS) int keyValueHeads,
    @Required @Min(2) @Max(Limits.HEAD_DIM) int headDim,
    @Min(0) @Max(Limits.EXPERTS) int experts,
    @Min(0) @Max(Limits.EXPERTS) int expertsPerToken,
    Boolean tiedEmbeddings,
    Double ropeTheta,
    Double rmsNormEpsilon) {

  /** Hugging Face's default for Qwen3. */
  private static final double DEFAULT_ROPE_THETA = 10_000;

  private static final double DEFAULT_RMS_NORM_EPSILON = 1e-6;

  static final ModelSpec EMPTY =
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
