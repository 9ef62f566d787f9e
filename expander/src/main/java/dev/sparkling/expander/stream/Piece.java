package dev.sparkling.expander.stream;

import dev.sparkling.checkpoint.safetensors.TensorSpec;
import dev.sparkling.expander.plan.NewEntries;
import dev.sparkling.expander.plan.TensorPlan;

/**
 * Consecutive new rows of one tensor, which are made at once.
 *
 * @param source the old tensor
 * @param sourceOffset in the file, of the first old row that they are made from
 * @param sourceBytes of these old rows; 0 where the new rows are made from none
 */
record Piece(
    TensorPlan plan,
    TensorSpec source,
    long firstRow,
    long rows,
    long sourceOffset,
    long sourceBytes) {

  /** Bytes of the new rows. */
  long bytes() {
    return rows * rowBytes();
  }

  /** Whether all of it is zero, as more than a third of a widened optimizer's state is. */
  boolean isZero() {
    return firstRow >= plan.rows() && plan.widening().newRows() == NewEntries.ZERO;
  }

  /** Bytes that must be made. */
  long madeBytes() {
    return isZero() ? 0 : bytes();
  }

  long rowBytes() {
    return plan.grownColumns() * source.dtype().bytes();
  }

  long sourceRowBytes() {
    return plan.columns() * source.dtype().bytes();
  }

  /** Whether it is the tensor's first. */
  boolean begins() {
    return firstRow == 0;
  }

  /** Whether it is the tensor's last. */
  boolean ends() {
    return firstRow + rows == plan.grownRows();
  }

  /** Whether its old rows were read before, for the rows that they stand in themselves. */
  boolean readsAgain() {
    return firstRow >= plan.rows();
  }
}
