package dev.sparkling.expander.stream;

import java.util.List;

/**
 * Ranges of rows that are read in one request and widened by one thread.
 *
 * @param file index of the file that they are read from
 * @param sourceOffset offset in that file
 * @param sourceBytes number of bytes to read, including gaps between tensors
 */
record Portion(int file, List<RowRange> ranges, long sourceOffset, long sourceBytes) {
  Portion {
    ranges = List.copyOf(ranges);
  }

  /** Returns the size of all new rows in bytes. */
  long bytes() {
    return ranges.stream().mapToLong(RowRange::bytes).sum();
  }

  /** Returns the number of bytes to compute. */
  long computedBytes() {
    return ranges.stream().mapToLong(RowRange::computedBytes).sum();
  }

  /** Returns the memory that the portion needs in bytes. */
  long memory() {
    return sourceBytes + computedBytes();
  }

  /** Whether its source bytes were read for an earlier portion already. */
  boolean isReread() {
    return ranges.getFirst().isReread();
  }
}
