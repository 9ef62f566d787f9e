package dev.sparkling.checkpoint.store;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Opens files for direct I/O (O_DIRECT), which bypasses the page cache, where the file system
 * supports it. Offsets, lengths and addresses for such a channel must be multiples of its block
 * size.
 */
record DirectAccess(FileChannel channel, int block) {

  private static final Optional<OpenOption> DIRECT = option();

  /** Finds the JDK's option, which is exported but not a stable API. */
  private static Optional<OpenOption> option() {
    try {
      return Stream.of(Class.forName("com.sun.nio.file.ExtendedOpenOption").getEnumConstants())
          .map(OpenOption.class::cast)
          .filter(option -> option.toString().equals("DIRECT"))
          .findFirst();
    } catch (ClassNotFoundException e) {
      return Optional.empty();
    }
  }

  /**
   * Opens a file; empty if direct I/O is not possible or the file cannot be opened at all, for
   * which opening it normally gives the error.
   *
   * @param largestBlock largest block size that the caller can align to
   */
  static Optional<DirectAccess> open(
      Path file, int largestBlock, Set<? extends OpenOption> options) {
    if (DIRECT.isEmpty()) {
      return Optional.empty();
    }
    Set<OpenOption> all = new HashSet<>(options);
    all.add(DIRECT.get());
    try {
      long block = Files.getFileStore(file.toAbsolutePath().getParent()).getBlockSize();
      return block > largestBlock || Long.bitCount(block) != 1
          ? Optional.empty()
          : Optional.of(new DirectAccess(FileChannel.open(file, all), (int) block));
    } catch (IOException | UnsupportedOperationException e) {
      return Optional.empty();
    }
  }
}
