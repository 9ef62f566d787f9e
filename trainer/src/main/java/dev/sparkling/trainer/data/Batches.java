package dev.sparkling.trainer.data;

import dev.sparkling.pipeline.error.UserError;
import dev.sparkling.trainer.model.Batch;
import java.util.stream.LongStream;

/** Makes the batches of a step, or of an evaluation, from a dataset. */
public final class Batches {

  private final Dataset dataset;
  private final int length;
  private final int vocabularySize;

  /**
   * Batches of sequences of one length.
   *
   * @param name of the dataset, for messages
   */
  public Batches(Dataset dataset, int length, int vocabularySize, String name) {
    this.dataset = dataset;
    this.length = length;
    this.vocabularySize = vocabularySize;
    if (dataset.sequences(length) == 0) {
      throw new UserError(
          name
              + ": has "
              + dataset.index().tokens()
              + " tokens, not one whole sequence of "
              + length
              + " and a target; more text or a shorter sequenceLength is needed");
    }
    if (dataset.index().vocabularySize() > vocabularySize) {
      throw new UserError(
          name
              + ": was made by a tokenizer of "
              + dataset.index().vocabularySize()
              + " tokens; the model's vocabulary has "
              + vocabularySize
              + ", and at least as many are needed");
    }
  }

  /** Sequences {@code first} to {@code first + count} in the dataset's own order. */
  public Batch inOrder(long first, int count) {
    dataset.expect(LongStream.range(first, dataset.sequences(length)), length);
    return batch(count, i -> first + i);
  }

  /** The samples {@code first} to {@code first + count} of an order. */
  public Batch ordered(SampleOrder order, long first, int count) {
    // The rest of a pass names every shard but those that only the samples before needed.
    dataset.expect(
        LongStream.range(first, first + dataset.sequences(length)).map(order::sequence), length);
    return batch(count, i -> order.sequence(first + i));
  }

  private Batch batch(int count, java.util.function.LongUnaryOperator sequenceOf) {
    long[] tokens = new long[count * length];
    long[] targets = new long[count * length];
    long[] sequence = new long[length + 1];
    for (int i = 0; i < count; i++) {
      dataset.read(sequenceOf.applyAsLong(i), length, vocabularySize, sequence);
      System.arraycopy(sequence, 0, tokens, i * length, length);
      System.arraycopy(sequence, 1, targets, i * length, length);
    }
    return new Batch(count, tokens, targets);
  }
}
