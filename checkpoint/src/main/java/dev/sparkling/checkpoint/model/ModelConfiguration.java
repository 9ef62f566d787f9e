package dev.sparkling.checkpoint.model;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import dev.sparkling.pipeline.spec.model.MlpShape;
import dev.sparkling.pipeline.spec.model.ModelSpec;

/**
 * The architecture of a model, as in {@code config.json}.
 *
 * @param mlp shape of every layer's MLP, which includes the inner size
 * @param maxPositions longest sequence that the model was trained on
 * @param logitScale factor on the logits; not 1 only if a tied embedding was widened (paper App.
 *     D.1). Hugging Face has no such key, so such a checkpoint must be exported
 */
public record ModelConfiguration(
    int vocabularySize,
    int layers,
    int hiddenSize,
    @JsonUnwrapped MlpShape mlp,
    int attentionHeads,
    int keyValueHeads,
    int headDim,
    boolean tiedEmbeddings,
    double ropeTheta,
    double rmsNormEpsilon,
    int maxPositions,
    double logitScale) {

  /** Creates the configuration of a model that starts from random weights. */
  public static ModelConfiguration of(ModelSpec model, int sequenceLength) {
    return new ModelConfiguration(
        model.vocabularySize(),
        model.layers(),
        model.hiddenSize(),
        model.mlp(),
        model.attentionHeads(),
        model.keyValueHeads(),
        model.headDim(),
        model.tiedEmbeddings(),
        model.ropeTheta(),
        model.rmsNormEpsilon(),
        sequenceLength,
        1.0);
  }

  /** Returns the number of channels inside the MLP, or inside one expert. */
  public int innerSize() {
    return mlp.innerSize();
  }

  /** Returns the model with other widths; {@code factor} multiplies the logit scale. */
  public ModelConfiguration widened(int newHiddenSize, int newInnerSize, double factor) {
    return with(newHiddenSize, mlp.withInnerSize(newInnerSize), logitScale * factor);
  }

  /** Returns the model with another logit scale. */
  public ModelConfiguration withLogitScale(double newLogitScale) {
    return with(hiddenSize, mlp, newLogitScale);
  }

  private ModelConfiguration with(int newHiddenSize, MlpShape newMlp, double newLogitScale) {
    return new ModelConfiguration(
        vocabularySize,
        layers,
        newHiddenSize,
        newMlp,
        attentionHeads,
        keyValueHeads,
        headDim,
        tiedEmbeddings,
        ropeTheta,
        rmsNormEpsilon,
        maxPositions,
        newLogitScale);
  }
}
