package dev.sparkling.checkpoint.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reads with and without the page cache; a file written with direct I/O is not in it at first. */
final class UncachedReadTest {

  private static final int LENGTH = 9_000_001;

  @TempDir Path folder;

  @Test
  void anyRangeOfAnUncachedFileIsRead() throws IOException {
    byte[] bytes = new byte[LENGTH];
    Random random = new Random(1);
    random.nextBytes(bytes);
    try (FolderObjectStore store = new FolderObjectStore(folder)) {
      store.write("file", bytes);
      StoredObject file = store.get("file");
      for (int i = 0; i < 40; i++) {
        int length = (1 << 20) + random.nextInt(6 << 20);
        int offset = i == 0 ? LENGTH - length : random.nextInt(LENGTH - length);
        byte[] read = new byte[length];
        store.read(file, offset, MemorySegment.ofArray(read));
        assertThat(read).isEqualTo(Arrays.copyOfRange(bytes, offset, offset + length));
      }
      // Again, after a normal read has brought it into the cache.
      assertThat(Files.readAllBytes(folder.resolve("file"))).isEqualTo(bytes);
      assertThat(store.readAll(file)).isEqualTo(bytes);
    }
  }
}
