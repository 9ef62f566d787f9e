package dev.sparkling.expander.widen;

/**
 * Sums over the entries of a tensor's rows, from which its report is made. Added up in the order of
 * the rows, they are the same bits each time.
 *
 * @param oldRows that were seen
 * @param newRows that were seen, without those that are zero on purpose
 * @param oldSum of the old entries
 * @param oldSquares of the old entries
 * @param newSquares of the new entries
 * @param mapped squared norms of the rows' outputs, for inputs of expected square 1
 */
public record RowSums(
    long oldRows,
    long newRows,
    double oldSum,
    double oldSquares,
    double newSquares,
    double mapped) {

  public static final RowSums NONE = new RowSums(0, 0, 0, 0, 0, 0);

  public RowSums plus(RowSums other) {
    return new RowSums(
        oldRows + other.oldRows,
        newRows + other.newRows,
        oldSum + other.oldSum,
        oldSquares + other.oldSquares,
        newSquares + other.newSquares,
        mapped + other.mapped);
  }
}
