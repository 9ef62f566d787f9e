package dev.sparkling.checkpoint.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sparkling.pipeline.error.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FolderObjectStoreTest extends ObjectStoreContract {

  @TempDir private Path folder;

  @Override
  ObjectStore open() {
    return new FolderObjectStore(folder.resolve("made/on/first/write"));
  }

  @Test
  void partialFileOfAKilledProcessIsNotListedAndIsOverwritten() throws IOException {
    Path root = folder.resolve("made/on/first/write");
    Files.createDirectories(root);
    Files.writeString(root.resolve(".k.partial"), "left by a killed process");
    assertThat(store().list("")).isEmpty();
    store().write("k", bytes("new"));
    try (var files = Files.list(root)) {
      assertThat(files).containsExactly(root.resolve("k"));
    }
  }

  @Test
  void fileWhereAFolderIsNeededIsTheUsersError() {
    store().write("a", bytes("x"));
    assertThatThrownBy(() -> store().write("a/b", bytes("y")))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("a file stands where a folder is needed");
  }

  @Test
  void objectIsAFileThatCanBeMapped() {
    store().write("a/b", bytes("x"));
    assertThat(store().file(store().get("a/b"))).hasValueSatisfying(f -> assertThat(f).exists());
  }
}
