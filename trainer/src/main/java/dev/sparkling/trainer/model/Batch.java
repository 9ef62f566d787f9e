package dev.sparkling.trainer.model;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Sequences of equal length, with the token that follows each position.
 *
 * @param tokens of all sequences, one after the other
 * @param targets as long as {@code tokens}
 */
@SuppressWarnings("ArrayRecordComponent") // Handed on once and never compared.
public record Batch(int sequences, long[] tokens, long[] targets) {
  public Batch {
    if (tokens.length != targets.length || tokens.length % sequences != 0) {
      throw new IllegalArgumentException(
          tokens.length + " tokens, " + targets.length + " targets, " + sequences + " sequences");
    }
  }

  /**
   * Equal parts of it, in order.
   *
   * @param count divides the sequences
   */
  List<Batch> shares(int count) {
    if (count == 1) {
      return List.of(this);
    }
    int each = tokens.length / count;
    return IntStream.range(0, count)
        .mapToObj(
            i ->
                new Batch(
                    sequences / count,
                    Arrays.copyOfRange(tokens, i * each, (i + 1) * each),
                    Arrays.copyOfRange(targets, i * each, (i + 1) * each)))
        .toList();
  }

  /** Tokens of one sequence. */
  public int length() {
    return tokens.length / sequences;
  }

  /**
   * Each token's document, counted from 0 in its sequence.
   *
   * @param separator token that ends a document and belongs to it
   */
  public long[] documents(long separator) {
    long[] documents = new long[tokens.length];
    for (int i = 0; i < tokens.length; i++) {
      boolean first = i % length() == 0;
      documents[i] = first ? 0 : documents[i - 1] + (tokens[i - 1] == separator ? 1 : 0);
    }
    return documents;
  }
}
