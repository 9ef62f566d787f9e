package dev.sparkling.expander.stream;

import dev.sparkling.checkpoint.safetensors.TensorSpec;
import dev.sparkling.expander.plan.NewEntries;
import dev.sparkling.expander.plan.TensorPlan;

/**
 * Consecutive rows of one widened tensor that are computed together.
 *
 * @param source the old tensor
 * @param firstRow index of the first row in the widened tensor
 * @param rows number of rows
 * @param sourceOffset offset in the file of the first old row that they are computed from
 * @param sourceBytes number of bytes of these old rows; 0 if there are none
 */
record RowRange(
    TensorPlan plan,
    TensorSpec source,
    long firstRow,
    long rows,
    long sourceOffset,
    long sourceBytes) {

  /** Returns the size of the rows in bytes. */
  long bytes() {
    return rows * rowBytes();
  }

  /** Whether all rows are zero, as the new rows of optimizer state are by default. */
  boolean isZero() {
    return firstRow >= plan.rows() && plan.widening().newRows() == NewEntries.ZERO;
  }

  /** Returns the number of bytes to compute. */
  long computedBytes() {
    return isZero() ? 0 : bytes();
  }

  long rowBytes() {
    return plan.wideColumns() * source.dtype().bytes();
  }

  long sourceRowBytes() {
    return plan.columns() * source.dtype().bytes();
  }

  /** Whether the range is the whole tensor. */
  boolean isWhole() {
    return firstRow == 0 && rows == plan.wideRows();
  }

  /**
   * Whether these are new rows: the old rows that they copy, if any, were read for an earlier range
   * already.
   */
  boolean isReread() {
    return firstRow >= plan.rows();
  }
}
