package dev.sparkling.expander.stream;

import java.util.List;

/**
 * Ranges of rows whose old rows are read in one request and that one thread widens.
 *
 * @param file index of the file that they are read from
 * @param sourceOffset offset in that file
 * @param sourceBytes bytes to read; may include bytes between tensors that belong to none
 */
record Portion(int file, List<RowRange> ranges, long sourceOffset, long sourceBytes) {
  Portion {
    ranges = List.copyOf(ranges);
  }

  /** Bytes of all new rows. */
  long bytes() {
    return ranges.stream().mapToLong(RowRange::bytes).sum();
  }

  /** Bytes that must be computed. */
  long computedBytes() {
    return ranges.stream().mapToLong(RowRange::computedBytes).sum();
  }

  /** Memory that it needs. */
  long memory() {
    return sourceBytes + computedBytes();
  }

  boolean isReread() {
    return ranges.getFirst().isReread();
  }
}
