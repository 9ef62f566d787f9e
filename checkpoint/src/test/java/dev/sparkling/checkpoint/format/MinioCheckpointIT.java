package dev.sparkling.checkpoint.format;

import dev.sparkling.checkpoint.store.MinioExtension;
import dev.sparkling.checkpoint.store.MinioObjectStore;
import dev.sparkling.checkpoint.store.MinioServer;
import dev.sparkling.checkpoint.store.ObjectStore;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(MinioExtension.class)
class MinioCheckpointIT extends CheckpointContract {

  private final MinioServer server;

  MinioCheckpointIT(MinioServer server) {
    this.server = server;
  }

  @Override
  ObjectStore open() {
    return new MinioObjectStore(server.access(), server.newBucket(), "run");
  }
}
