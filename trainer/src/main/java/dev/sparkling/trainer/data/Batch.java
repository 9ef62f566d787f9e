package dev.sparkling.trainer.data;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Sequences of equal length, processed in one forward pass.
 *
 * @param tokens tokens of all sequences, concatenated
 * @param targets the token that follows each of {@code tokens}
 */
@SuppressWarnings("ArrayRecordComponent") // Copied to native memory once, never compared.
public record Batch(int sequences, long[] tokens, long[] targets) {
  public Batch {
    if (tokens.length != targets.length || tokens.length % sequences != 0) {
      throw new IllegalArgumentException(
          tokens.length + " tokens, " + targets.length + " targets, " + sequences + " sequences");
    }
  }

  /**
   * Splits the sequences, in order, into equal parts.
   *
   * @param count divisor of the number of sequences
   */
  public List<Batch> split(int count) {
    if (count == 1) {
      return List.of(this);
    }
    int tokensOfPart = tokens.length / count;
    return IntStream.range(0, count)
        .mapToObj(
            i ->
                new Batch(
                    sequences / count,
                    Arrays.copyOfRange(tokens, i * tokensOfPart, (i + 1) * tokensOfPart),
                    Arrays.copyOfRange(targets, i * tokensOfPart, (i + 1) * tokensOfPart)))
        .toList();
  }

  /** Returns the number of tokens per sequence. */
  public int length() {
    return tokens.length / sequences;
  }

  /**
   * Numbers the documents of each sequence from 0.
   *
   * @param separator token that ends a document and belongs to it
   * @return index of each token's document
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
