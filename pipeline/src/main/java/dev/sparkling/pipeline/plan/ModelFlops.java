package dev.sparkling.pipeline.plan;

import dev.sparkling.pipeline.spec.model.ModelSpec;

/**
 * FLOPs of the matrix products in training, for the model FLOPs utilization. Eq. 29, with which
 * runs are compared, counts differently: it leaves out the products of attention scores, and
 * includes the embedding, which is only looked up.
 */
public final class ModelFlops {

  /** FLOPs per weight and token: two in the forward pass, four in the backward pass. */
  private static final double PER_WEIGHT = 6;

  private ModelFlops() {}

  /**
   * Returns the FLOPs of one token: {@code 6 * weights of the matrices that it is multiplied with +
   * 12 * layers * heads * headDim * sequenceLength}. Attention is counted as if no score were
   * masked; recomputation is not counted. Source: PaLM (arXiv 2204.02311), appendix B.
   */
  public static double perToken(ModelSpec model, int sequenceLength) {
    long lookedUp = model.tiedEmbeddings() ? 0 : (long) model.vocabularySize() * model.hiddenSize();
    double weights = ParameterCount.of(model).active() - ParameterCount.norms(model) - lookedUp;
    double scores = (double) model.layers() * model.attentionHeads() * model.headDim();
    return PER_WEIGHT * weights + 2 * PER_WEIGHT * scores * sequenceLength;
  }
}
