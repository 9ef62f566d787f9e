package dev.sparkling.trainer.data;

/** Counts how often each token occurs. */
final class TokenCounts {

  private final long[] counts;
  private long total;

  TokenCounts(int vocabularySize) {
    this.counts = new long[vocabularySize];
  }

  void add(int token) {
    counts[token]++;
    total++;
  }

  /** Returns the entropy of the token frequencies, in nats. */
  double entropy() {
    double entropy = 0;
    for (long count : counts) {
      if (count > 0) {
        double frequency = (double) count / total;
        entropy -= frequency * Math.log(frequency);
      }
    }
    return entropy;
  }
}
