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
 * Opens files past the page cache (O_DIRECT), where the file system can. Places, lengths and
 * addresses of such a channel are multiples of its block.
 */
record DirectAccess(FileChannel channel, int block) {

  private static final Optional<OpenOption> DIRECT = option();

  /** The JDK's own, which it exports but does not promise to keep. */
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
   * Opens a file; empty where only the cache's way leads to it, and also where it cannot be opened
   * at all, which the ordinary way will explain.
   *
   * @param largestBlock that the caller can hold to
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
