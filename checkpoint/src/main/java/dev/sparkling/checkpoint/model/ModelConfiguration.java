package dev.sparkling.checkpoint.model;

import dev.sparkling.pipeline.spec.Architecture;
import dev.sparkling.pipeline.spec.ModelSpec;

/**
 * What {@code config.json} says of a model.
 *
 * @param experts 0 for a dense model
 * @param normalizeTopK whether the weights of a token's experts are divided by their sum
 * @param maxPositions longest sequence that the model was trained on
 * @param logitScale factor on the logits; not 1 only where a tied embedding was widened (method.md
 *     2, paper App. D.1). Hugging Face has no such key, so such a checkpoint needs {@code export}
 */
public record ModelConfiguration(
    int vocabularySize,
    int layers,
    int hiddenSize,
    int innerSize,
    int attentionHeads,
    int keyValueHeads,
    int headDim,
    int experts,
    int expertsPerToken,
    boolean normalizeTopK,
    boolean tiedEmbeddings,
    double ropeTheta,
    double rmsNormEpsilon,
    int maxPositions,
    double logitScale) {

  /** The configuration of a model that starts from random weights. */
  public static ModelConfiguration of(ModelSpec model, int sequenceLength) {
    boolean moe = model.architecture() == Architecture.MOE;
    return new ModelConfiguration(
        model.vocabularySize(),
        model.layers(),
        model.hiddenSize(),
        model.innerSize(),
        model.attentionHeads(),
        model.keyValueHeads(),
        model.headDim(),
        moe ? model.experts() : 0,
        moe ? model.expertsPerToken() : 0,
        moe,
        model.tiedEmbeddings(),
        model.ropeTheta(),
        model.rmsNormEpsilon(),
        sequenceLength,
        1.0);
  }

  /** The same model with other widths; {@code factor} multiplies the logit scale. */
  public ModelConfiguration widened(int newHiddenSize, int newInnerSize, double factor) {
    return with(newHiddenSize, newInnerSize, logitScale * factor);
  }

  /** The same model with another factor on its logits. */
  public ModelConfiguration withLogitScale(double newLogitScale) {
    return with(hiddenSize, innerSize, newLogitScale);
  }

  private ModelConfiguration with(int newHiddenSize, int newInnerSize, double newLogitScale) {
    return new ModelConfiguration(
        vocabularySize,
        layers,
        newHiddenSize,
        newInnerSize,
        attentionHeads,
        keyValueHeads,
        headDim,
        experts,
        expertsPerToken,
        normalizeTopK,
        tiedEmbeddings,
        ropeTheta,
        rmsNormEpsilon,
        maxPositions,
        newLogitScale);
  }
}
