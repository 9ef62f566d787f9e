package dev.sparkling.expander.plan;

/**
 * How a column and its copies split the old column's contribution to the output. The baselines
 * split it, which preserves the function of a linear map at any ratio. The paper's initializations
 * do not split it: their factor is the same for every entry.
 */
public sealed interface Sharing {

  /** Every copy keeps the whole value. */
  record Whole() implements Sharing {}

  /**
   * The old column keeps a share, and its copies split the rest evenly. A column without a copy
   * keeps its value.
   *
   * @param old share of the old column, within (0, 1)
   */
  record Uneven(double old) implements Sharing {}

  /**
   * The old column and its copies, m columns in all, have a share of 1/m each. They are paired in
   * order: the noise that is added to the first column of a pair is subtracted from the second, so
   * that it cancels out in the output. If m is odd, the last column gets no noise.
   *
   * @param deviation standard deviation of the noise, relative to the root mean square of the split
   *     values, which are the old entries divided by m; 0 for no noise
   */
  record Even(double deviation) implements Sharing {}

  /**
   * Returns the share of one copy.
   *
   * @param copy index of the copy; 0 is the old column
   * @param copies number of copies, including the old column
   */
  default double share(int copy, int copies) {
    return switch (this) {
      case Whole _ -> 1;
      case Even _ -> 1.0 / copies;
      case Uneven _ when copies == 1 -> 1;
      case Uneven(double old) -> copy == 0 ? old : (1 - old) / (copies - 1);
    };
  }
}
