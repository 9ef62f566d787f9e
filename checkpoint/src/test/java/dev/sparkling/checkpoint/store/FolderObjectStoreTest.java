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

  /** Hugging Face's cache has snapshots whose files are links to blobs. */
  @Test
  void linkedFilesAndFoldersAreFoundAndListedAndLoopsEnd() throws IOException {
    Path blob = Files.writeString(folder.resolve("blob"), "content");
    Path elsewhere = Files.createDirectories(folder.resolve("elsewhere"));
    Files.writeString(elsewhere.resolve("inner"), "x");
    Path root = Files.createDirectories(folder.resolve("made/on/first/write"));
    Files.createSymbolicLink(root.resolve("file"), blob);
    Files.createSymbolicLink(root.resolve("linked"), elsewhere);
    Files.createSymbolicLink(elsewhere.resolve("loop"), elsewhere);
    Files.createSymbolicLink(root.resolve("self"), root.resolve("self"));
    Files.createSymbolicLink(root.resolve("dangling"), folder.resolve("nowhere"));
    assertThat(store().list(""))
        .extracting(StoredObject::key)
        .containsExactly("file", "linked/inner");
    assertThat(store().list("")).extracting(StoredObject::size).containsExactly(7L, 1L);
    assertThat(store().readAll(store().get("file"))).isEqualTo(bytes("content"));
  }

  @Test
  void fileWhereAFolderIsNeededIsTheUsersError() {
    store().write("a", bytes("x"));
    assertThatThrownBy(() -> store().write("a/b", bytes("y")))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("a file exists where a folder is needed");
  }

  @Test
  void objectIsAFileThatCanBeMapped() {
    store().write("a/b", bytes("x"));
    assertThat(store().file(store().get("a/b"))).hasValueSatisfying(f -> assertThat(f).exists());
  }
}
