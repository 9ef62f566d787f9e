package dev.sparkling.expander.stream;

import java.util.List;

/**
 * Pieces whose old rows are read in one request, and that are widened by one thread.
 *
 * @param file index of the file that they come from
 * @param sourceOffset in that file
 * @param sourceBytes may hold bytes between tensors that belong to none
 * @param bytes of all new rows
 */
record Portion(int file, List<Piece> pieces, long sourceOffset, long sourceBytes, long bytes) {
  Portion {
    pieces = List.copyOf(pieces);
  }

  /** What it needs in memory. */
  long memory() {
    return sourceBytes + bytes;
  }

  boolean readsAgain() {
    return pieces.getFirst().readsAgain();
  }
}
