package dev.sparkling.checkpoint.format;

import dev.sparkling.checkpoint.store.FolderObjectStore;
import dev.sparkling.checkpoint.store.ObjectStore;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

/** Tensor files are mapped into memory. */
class FolderCheckpointTest extends CheckpointContract {

  @TempDir private Path folder;

  @Override
  ObjectStore open() {
    return new FolderObjectStore(folder);
  }
}
