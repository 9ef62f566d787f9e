package dev.sparkling.expander.plan;

import org.jspecify.annotations.Nullable;

/**
 * How a tensor's entries are made. Rows grow first, then the columns of all rows, then every entry
 * is multiplied.
 *
 * @param newRows source of the rows that are appended below
 * @param newColumns source of the columns that are appended to the right of old and new rows alike
 * @param factor on every entry of the new tensor, old and new
 * @param sharing how a column and its copies split the old column; only where columns are copied
 * @param newInputs source of the inputs that the new columns meet; null for a tensor that is not a
 *     linear map
 */
public record Widening(
    NewEntries newRows,
    NewEntries newColumns,
    double factor,
    Sharing sharing,
    @Nullable NewEntries newInputs) {

  /** A factor that clears the old entries too, those that are not finite included. */
  public static final double CLEARED = 0;

  /** Creates the widening of a tensor that is not a linear map. */
  public static Widening of(NewEntries newRows, NewEntries newColumns, double factor) {
    return new Widening(newRows, newColumns, factor, new Sharing.Whole(), null);
  }

  /** Whether nothing new is drawn or zero. */
  boolean isCopied() {
    return newRows == NewEntries.COPY && newColumns == NewEntries.COPY;
  }
}
