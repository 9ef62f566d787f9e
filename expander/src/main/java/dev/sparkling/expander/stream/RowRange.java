package dev.sparkling.expander.stream;

import dev.sparkling.checkpoint.safetensors.TensorSpec;
import dev.sparkling.expander.plan.NewEntries;
import dev.sparkling.expander.plan.TensorPlan;

/**
 * Consecutive rows of one widened tensor, made in one go.
 *
 * @param source the old tensor
 * @param firstRow index of the first row in the widened tensor
 * @param rows number of rows
 * @param sourceOffset offset in the file of the first old row that they are made from
 * @param sourceBytes bytes of these old rows; 0 where the rows are made from none
 */
record RowRange(
    TensorPlan plan,
    TensorSpec source,
    long firstRow,
    long rows,
    long sourceOffset,
    long sourceBytes) {

  /** Bytes of the rows. */
  long bytes() {
    return rows * rowBytes();
  }

  /** Whether all of it is zero, as is more than a third of a widened optimizer state. */
  boolean isZero() {
    return firstRow >= plan.rows() && plan.widening().newRows() == NewEntries.ZERO;
  }

  /** Bytes that must be computed. */
  long computedBytes() {
    return isZero() ? 0 : bytes();
  }

  long rowBytes() {
    return plan.wideColumns() * source.dtype().bytes();
  }

  long sourceRowBytes() {
    return plan.columns() * source.dtype().bytes();
  }

  /** Whether it is the whole tensor. */
  boolean isWhole() {
    return firstRow == 0 && rows == plan.wideRows();
  }

  /** Whether its old rows are also read for the rows of their own index. */
  boolean isReread() {
    return firstRow >= plan.rows();
  }
}
