package dev.sparkling.expander.plan;

import org.jspecify.annotations.Nullable;

/**
 * How a tensor's new entries are computed: rows are added first, then columns to all rows, then
 * every entry is multiplied by the factor.
 *
 * @param newRows source of the rows that are appended below
 * @param newColumns source of the columns that are appended to the right of old and new rows alike
 * @param factor factor that multiplies every entry of the new tensor, old and new
 * @param sharing how a column and its copies split the old column; only if columns are copied
 * @param newInputs source of the inputs that the new columns are multiplied with; null for a tensor
 *     that is not a linear map
 */
public record Widening(
    NewEntries newRows,
    NewEntries newColumns,
    double factor,
    Sharing sharing,
    @Nullable NewEntries newInputs) {

  /** A factor that also clears old entries, including those that are not finite. */
  public static final double CLEARED = 0;

  /** Creates the widening of a tensor that is not a linear map. */
  public static Widening of(NewEntries newRows, NewEntries newColumns, double factor) {
    return new Widening(newRows, newColumns, factor, new Sharing.Whole(), null);
  }

  /** Whether all new entries are copies. */
  boolean isCopied() {
    return newRows == NewEntries.COPY && newColumns == NewEntries.COPY;
  }
}
