package dev.sparkling.checkpoint.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sparkling.pipeline.error.SparklingException;
import dev.sparkling.pipeline.error.TransientError;
import dev.sparkling.pipeline.error.UserError;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileErrorsTest {

  @TempDir private Path folder;

  @Test
  void anErrorThatOnlyTheUserCanFixIsTheUsersAndNamesTheFileOnce() throws IOException {
    assertUserError(folder, "is a folder; a file is expected");
    Path latin = Files.write(folder.resolve("latin"), new byte[] {'a', (byte) 0xe9, 'b'});
    assertUserError(latin, "is not UTF-8 text; save it as UTF-8");
    assertUserError(latin.resolve("below"), "a file exists where a folder is needed");
    Path loop = folder.resolve("loop");
    Files.createSymbolicLink(loop, loop);
    assertUserError(loop, "is a symbolic link that points to itself");
    assertUserError(folder.resolve("n".repeat(300)), "the name is too long; choose a shorter one");
    assertUserError(folder.resolve("none"), "does not exist; a file is expected");
  }

  @Test
  void anErrorThatMayPassIsTransientAndNamesTheFileOnce() {
    Path file = folder.resolve("f");
    SparklingException error =
        FileErrors.translate(
            file, new FileSystemException(file.toString(), null, "Input/output error"));
    assertThat(error).isInstanceOf(TransientError.class).hasMessage(file + ": Input/output error");
  }

  private static void assertUserError(Path file, String problem) {
    try {
      Files.readString(file);
    } catch (IOException e) {
      assertThat(FileErrors.translate(file, e))
          .isInstanceOf(UserError.class)
          .hasMessage(file + ": " + problem);
      return;
    }
    throw new AssertionError(file + " was read");
  }
}
