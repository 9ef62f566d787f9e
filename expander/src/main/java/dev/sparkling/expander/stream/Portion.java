package dev.sparkling.expander.stream;

import java.util.List;

/**
 * Pieces whose old rows are read in one request, and that are widened by one thread.
 *
 * @param file index of the file that they come from
 * @param sourceOffset in that file
 * @param sourceBytes may hold bytes between tensors that belong to none
 */
record Portion(int file, List<Piece> pieces, long sourceOffset, long sourceBytes) {
  Portion {
    pieces = List.copyOf(pieces);
  }

  /** Of all new rows. */
  long bytes() {
    return pieces.stream().mapToLong(Piece::bytes).sum();
  }

  /** Of the new rows that must be made. */
  long madeBytes() {
    return pieces.stream().mapToLong(Piece::madeBytes).sum();
  }

  /** What it needs in memory. */
  long memory() {
    return sourceBytes + madeBytes();
  }

  boolean readsAgain() {
    return pieces.getFirst().readsAgain();
  }
}
