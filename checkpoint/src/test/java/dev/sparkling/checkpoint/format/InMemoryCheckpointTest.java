package dev.sparkling.checkpoint.format;

import dev.sparkling.checkpoint.store.InMemoryObjectStore;
import dev.sparkling.checkpoint.store.ObjectStore;

/** Tensor files are read by ranges. */
class InMemoryCheckpointTest extends CheckpointContract {

  @Override
  ObjectStore open() {
    return new InMemoryObjectStore();
  }
}
