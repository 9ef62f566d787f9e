package dev.sparkling.trainer.run;

import ai.djl.ndarray.NDArray;
import dev.sparkling.trainer.data.Batches;
import dev.sparkling.trainer.model.Transformer;
import dev.sparkling.trainer.model.Transformer.Measured;
import dev.sparkling.trainer.model.Weights;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** What a model does on the first sequences of a dataset, which are the same ones each time. */
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

  /**
   * What was found.
   *
   * @param loss mean cross-entropy in nats a token
   * @param hiddenRms root mean square of the residual stream: of the embedding, and after each
   *     layer
   */
  public record Result(double loss, List<Double> hiddenRms) {
    public Result {
      hiddenRms = List.copyOf(hiddenRms);
    }
  }

  public Result evaluate(Weights<NDArray> weights) {
    double total = 0;
    long tokens = 0;
    List<Double> squares = new ArrayList<>(Collections.nCopies(weights.layers().size() + 1, 0.0));
    for (long first = 0; first < sequences; first += microBatchSize) {
      int count = (int) Math.min(microBatchSize, sequences - first);
      var batch = batches.inOrder(first, count);
      Measured measured = transformer.measure(weights, batch);
      int inBatch = batch.targets().length;
      total += measured.loss();
      tokens += inBatch;
      for (int i = 0; i < squares.size(); i++) {
        squares.set(i, squares.get(i) + measured.meanSquares().get(i) * inBatch);
      }
    }
    long all = tokens;
    return new Result(
        total / all, squares.stream().map(square -> Math.sqrt(square / all)).toList());
  }
}
