package dev.sparkling.pipeline.plan;

import dev.sparkling.pipeline.spec.model.ModelSpec;

/**
 * FLOPs of the matrix products of training, by which a machine's use is judged. Eq. 29 counts fewer
 * (no attention) and other things (a table that is only looked up in): it compares runs.
 */
public final class ModelFlops {

  /** Two forward, four backward. */
  private static final double PER_WEIGHT = 6;

  private ModelFlops() {}

  /**
   * FLOPs of one token: {@code 6 * weights of the matrices that it meets + 12 * layers * heads *
   * headDim * sequenceLength}. Attention counts as if no score were masked, and recomputation not
   * at all. Source: PaLM (arXiv 2204.02311), appendix B.
   */
  public static double perToken(ModelSpec model, int sequenceLength) {
    long lookedUp = model.tiedEmbeddings() ? 0 : (long) model.vocabularySize() * model.hiddenSize();
    double weights = ParameterCount.of(model).active() - ParameterCount.norms(model) - lookedUp;
    double scores = (double) model.layers() * model.attentionHeads() * model.headDim();
    return PER_WEIGHT * weights + 2 * PER_WEIGHT * scores * sequenceLength;
  }
}
