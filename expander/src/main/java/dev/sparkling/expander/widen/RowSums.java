package dev.sparkling.expander.widen;

/**
 * Sums over the entries of a tensor's rows, for its report. They are added in the order of the
 * rows, so they are bitwise reproducible.
 *
 * @param oldRows number of old rows
 * @param wideRows number of rows after the expansion, except those that are zero by plan
 * @param oldSquares sum of squares of the entries before the expansion
 * @param wideSquares sum of squares of the entries after the expansion
 * @param mapped sum over the wide rows of the expected {@code y_i^2} of {@code y = W x}, for inputs
 *     with mean square 1
 */
public record RowSums(
    long oldRows, long wideRows, double oldSquares, double wideSquares, double mapped) {

  public static final RowSums NONE = new RowSums(0, 0, 0, 0, 0);

  public RowSums plus(RowSums other) {
    return new RowSums(
        oldRows + other.oldRows,
        wideRows + other.wideRows,
        oldSquares + other.oldSquares,
        wideSquares + other.wideSquares,
        mapped + other.mapped);
  }
}
