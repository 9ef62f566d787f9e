package dev.sparkling.trainer.data;

import dev.sparkling.pipeline.error.UserError;
import java.util.function.LongUnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/** Reads the micro-batches of a step or of an evaluation lazily from a dataset. */
public final class Batches {

  private final Dataset dataset;
  private final int length;
  private final int vocabularySize;

  /**
   * Creates a reader of sequences of one length.
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
              + " tokens, less than one sequence of "
              + length
              + " and a target; use more text or a shorter sequenceLength");
    }
    if (dataset.index().vocabularySize() > vocabularySize) {
      throw new UserError(
          name
              + ": its tokenizer has "
              + dataset.index().vocabularySize()
              + " tokens; the model's vocabulary has "
              + vocabularySize
              + " and must have at least as many");
    }
  }

  /**
   * Returns the first sequences of the dataset, in the dataset's order.
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
   * Returns the samples of an optimizer step.
   *
   * @param first index of the step's first sample in the order
   * @param samples number of samples in the step
   * @param size number of sequences of a micro-batch; divides {@code samples}
   */
  public Iterable<Batch> ordered(SampleOrder order, long first, int samples, int size) {
    return () ->
        IntStream.range(0, samples / size)
            .mapToObj(i -> ordered(order, first + (long) i * size, size))
            .iterator();
  }

  private Batch ordered(SampleOrder order, long first, int count) {
    // The rest of this pass over the data covers every shard that is still needed, in order.
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
