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

  /** Whether all rows are zero, as in more than a third of a widened optimizer state. */
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
   * Whether the range's old rows are also read for another range, that of the rows with the same
   * index.
   */
  boolean isReread() {
    return firstRow >= plan.rows();
  }
}
