package dev.sparkling.expander.widen;

/**
 * Of a tensor's old entries, from which new ones are drawn.
 *
 * @param mean of all entries
 * @param deviation standard deviation, of the whole and not of a sample
 */
public record Distribution(double mean, double deviation) {

  /** Where nothing is drawn. */
  public static final Distribution NONE = new Distribution(0, 0);

  /**
   * From sums over entries.
   *
   * @param count of the entries
   */
  public static Distribution of(double sum, double sumOfSquares, long count) {
    double mean = sum / count;
    return new Distribution(mean, Math.sqrt(Math.max(0, sumOfSquares / count - mean * mean)));
  }

  /** Root mean square. */
  double rootMeanSquare() {
    return Math.sqrt(mean * mean + deviation * deviation);
  }
}
