package dev.sparkling.trainer.run;

import ai.djl.ndarray.NDArray;
import dev.sparkling.trainer.data.Batches;
import dev.sparkling.trainer.model.Transformer;
import dev.sparkling.trainer.model.Weights;

/** The loss over the first sequences of a dataset. */
public final class Evaluator {

  private final Transformer transformer;
  private final Batches batches;
  private final long sequences;
  private final int microBatchSize;

  /**
   * Prepares an evaluation.
   *
   * @param sequences how many, of those that {@code batches} has
   */
  public Evaluator(Transformer transformer, Batches batches, long sequences, int microBatchSize) {
    this.transformer = transformer;
    this.batches = batches;
    this.sequences = sequences;
    this.microBatchSize = microBatchSize;
  }

  /** Mean cross-entropy in nats a token. */
  public double loss(Weights<NDArray> weights) {
    double total = 0;
    long tokens = 0;
    for (long first = 0; first < sequences; first += microBatchSize) {
      int count = (int) Math.min(microBatchSize, sequences - first);
      var batch = batches.inOrder(first, count);
      total += transformer.loss(weights, batch);
      tokens += batch.targets().length;
    }
    return total / tokens;
  }
}
