package dev.sparkling.expander.widen;

/**
 * The normal distribution that new entries are drawn from, with the mean and standard deviation of
 * a tensor's old entries.
 *
 * @param mean mean of all entries
 * @param deviation standard deviation of the population, not of a sample
 */
public record Distribution(double mean, double deviation) {

  /** A placeholder for tensors without random entries. */
  public static final Distribution NONE = new Distribution(0, 0);

  /**
   * Computes a distribution from sums over entries.
   *
   * @param count number of entries
   */
  public static Distribution of(double sum, double sumOfSquares, long count) {
    double mean = sum / count;
    return new Distribution(mean, Math.sqrt(Math.max(0, sumOfSquares / count - mean * mean)));
  }

  double rootMeanSquare() {
    return Math.sqrt(mean * mean + deviation * deviation);
  }
}
