package dev.sparkling.pipeline.spec;

import java.util.Objects;

/**
 * The shape of a model. In the resource it is the narrowest one.
 *
 * @param vocabularySize rows of the embedding
 * @param innerSize width of one expert, or of the dense MLP
 * @param headDim width of one attention head; independent of {@code hiddenSize / attentionHeads}
 * @param experts 0 for a dense model
 * @param tiedEmbeddings whether the output head is the embedding (method.md 2, paper App. D.1)
 */
public record ModelSpec(
    Architecture architecture,
    int vocabularySize,
    int layers,
    int hiddenSize,
    int innerSize,
    int attentionHeads,
    int keyValueHeads,
    int headDim,
    int experts,
    int expertsPerToken,
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
