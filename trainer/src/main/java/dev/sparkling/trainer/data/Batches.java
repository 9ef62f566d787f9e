package dev.sparkling.trainer.data;

import dev.sparkling.pipeline.error.UserError;
import java.util.function.LongUnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/** Reads micro-batches of a step, or of an evaluation, from a dataset when they are needed. */
public final class Batches {

  private final Dataset dataset;
  private final int length;
  private final int vocabularySize;

  /**
   * Prepares for sequences of one length.
   *
   * @param vocabularySize vocabulary size of the model
   * @param name name of the dataset, for messages
   * @throws UserError if the dataset has no whole sequence, or tokens beyond the vocabulary
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

  /**
   * The first sequences of the dataset, in its own order.
   *
   * @param size number of sequences of a micro-batch; the last one may have fewer
   */
  public Iterable<Batch> inOrder(long sequences, int size) {
    return () ->
        LongStream.iterate(0, first -> first < sequences, first -> first + size)
            .mapToObj(first -> inOrder(first, sequences, size))
            .iterator();
  }

  private Batch inOrder(long first, long sequences, int size) {
    dataset.expect(LongStream.range(first, dataset.sequences(length)), length);
    return batch((int) Math.min(size, sequences - first), i -> first + i);
  }

  /**
   * The samples of an optimizer step.
   *
   * @param first number of the step's first sample in the order
   * @param samples number of the step's samples
   * @param size number of sequences of a micro-batch; divides {@code samples}
   */
  public Iterable<Batch> ordered(SampleOrder order, long first, int samples, int size) {
    return () ->
        IntStream.range(0, samples / size)
            .mapToObj(i -> ordered(order, first + (long) i * size, size))
            .iterator();
  }

  private Batch ordered(SampleOrder order, long first, int count) {
    // The rest of the pass over the data names every shard that is still needed, in order.
    dataset.expect(
        LongStream.range(first, first + dataset.sequences(length)).map(order::sequence), length);
    return batch(count, i -> order.sequence(first + i));
  }

  private Batch batch(int count, LongUnaryOperator sequenceOf) {
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
