package dev.sparkling.checkpoint.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SequentialFileTest {

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(
      ints = {0, 1, 511, 4095, 4096, 4097, (4 << 20) - 1, 4 << 20, (4 << 20) + 1, 13_000_001})
  void aFileOfAnyLengthIsWrittenWhole(int length) throws IOException {
    byte[] bytes = random(length);
    Path file = folder.resolve("file");
    write(file, bytes);
    assertThat(Files.readAllBytes(file)).isEqualTo(bytes);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 4096, 100_000, 4 << 20, (4 << 20) + 1, 8 << 20, 13_000_001})
  void zerosAreReadBackFromHolesToo(int length) throws IOException {
    byte[] bytes = new byte[length];
    Path file = folder.resolve("file");
    write(file, bytes);
    assertThat(Files.readAllBytes(file)).isEqualTo(bytes);
    for (int place : new int[] {0, length / 2, length - 1}) {
      bytes[place] = 1;
      write(file, bytes);
      assertThat(Files.readAllBytes(file)).isEqualTo(bytes);
    }
  }

  @Test
  void aLongerExistingFileIsReplaced() throws IOException {
    Path file = folder.resolve("file");
    Files.write(file, random(20_000));
    write(file, random(5_000));
    assertThat(file).hasSize(5_000);
  }

  @Test
  void withoutDirectIoBytesGoThroughThePageCache() throws IOException {
    // Whether a file system in memory supports direct I/O depends on the kernel.
    Path memory = Path.of("/dev/shm");
    Path file = Files.createTempFile(Files.isDirectory(memory) ? memory : folder, "file", "");
    try {
      byte[] bytes = random(5_000_001);
      write(file, bytes);
      assertThat(Files.readAllBytes(file)).isEqualTo(bytes);
    } finally {
      Files.delete(file);
    }
  }

  @Test
  void aFullDiskFailsTheNextWrite() throws IOException {
    // Every write to it fails with ENOSPC.
    try (SequentialFile file = new SequentialFile(Path.of("/dev/full"))) {
      MemorySegment bytes = MemorySegment.ofArray(random(4 << 20));
      assertThatThrownBy(
              () -> {
                file.write(bytes);
                file.write(bytes);
                file.finish();
              })
          .isInstanceOf(IOException.class)
          .hasMessageContaining("No space left on device");
    }
  }

  /** Writes pieces that are aligned with neither blocks nor buffers. */
  private static void write(Path path, byte[] bytes) throws IOException {
    try (SequentialFile file = new SequentialFile(path)) {
      int piece = 300_007;
      for (int done = 0; done < bytes.length; done += piece) {
        int count = Math.min(piece, bytes.length - done);
        file.write(MemorySegment.ofArray(bytes).asSlice(done, count));
      }
      file.finish();
    }
  }

  private static byte[] random(int length) {
    byte[] bytes = new byte[length];
    new Random(length).nextBytes(bytes);
    return bytes;
  }
}
