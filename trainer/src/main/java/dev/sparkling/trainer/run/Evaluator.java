package dev.sparkling.trainer.run;

import dev.sparkling.trainer.data.Batch;
import dev.sparkling.trainer.data.Batches;
import dev.sparkling.trainer.model.pass.Transformer;
import dev.sparkling.trainer.model.pass.Transformer.ForwardStatistics;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Evaluates a model on the first sequences of a dataset, which are the same each time. */
public final class Evaluator {

  private final Transformer transformer;
  private final Iterable<Batch> batches;

  /**
   * Creates an evaluator.
   *
   * @param sequences number of sequences to evaluate, at most as many as the dataset has
   * @param microBatchSize number of sequences of a forward pass
   */
  public Evaluator(Transformer transformer, Batches batches, long sequences, int microBatchSize) {
    this.transformer = transformer;
    this.batches = batches.inOrder(sequences, microBatchSize);
  }

  public EvaluationResult evaluate() {
    double total = 0;
    long tokens = 0;
    List<Double> squares = new ArrayList<>();
    for (Batch batch : batches) {
      ForwardStatistics measured = transformer.measure(batch);
      int inBatch = batch.targets().length;
      total += measured.loss();
      tokens += inBatch;
      if (squares.isEmpty()) {
        squares.addAll(Collections.nCopies(measured.meanSquares().size(), 0.0));
      }
      for (int i = 0; i < squares.size(); i++) {
        squares.set(i, squares.get(i) + measured.meanSquares().get(i) * inBatch);
      }
    }
    long all = tokens;
    return new EvaluationResult(
        total / all, squares.stream().map(square -> Math.sqrt(square / all)).toList());
  }

  /** Returns the sequences that are evaluated. */
  Iterable<Batch> batches() {
    return batches;
  }
}
