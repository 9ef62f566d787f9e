package dev.sparkling.expander.plan;

/**
 * How a column and its copies share the old column's part in the output, in the baselines that
 * preserve a linear map's function at any ratio. SPARKLING does not share: its factor is the same
 * on every entry.
 */
public sealed interface Sharing {

  /** Every copy is whole. */
  record None() implements Sharing {}

  /**
   * The old column keeps a share, and its copies have equal parts of the rest; a column without a
   * copy stays whole.
   *
   * @param old within (0, 1)
   */
  record Uneven(double old) implements Sharing {}

  /**
   * Each of m copies has one m-th, and each pair of them moves apart by the same noise, which
   * cancels out in the output; the last of an odd number stays.
   *
   * @param deviation standard deviation of the noise against the root mean square of what it is
   *     added to; 0 for none
   */
  record Even(double deviation) implements Sharing {}

  /** Of a column that has copies. */
  default double share(int copy, int copies) {
    return switch (this) {
      case None _ -> 1;
      case Even _ -> 1.0 / copies;
      case Uneven _ when copies == 1 -> 1;
      case Uneven(double old) -> copy == 0 ? old : (1 - old) / (copies - 1);
    };
  }
}
