package dev.sparkling.checkpoint.run;

import dev.sparkling.checkpoint.format.CheckpointReader;
import dev.sparkling.checkpoint.format.Manifest;
import dev.sparkling.checkpoint.format.Sha256;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.checkpoint.store.StoredObject;
import dev.sparkling.pipeline.error.CorruptCheckpoint;
import dev.sparkling.pipeline.layout.RunLayout;
import java.util.Optional;

/**
 * A complete checkpoint that a fence names.
 *
 * @param step number of optimizer steps since the start of the run
 * @param folder key of the checkpoint
 * @param manifest SHA-256 of its manifest
 */
public record FencedCheckpoint(long step, String folder, String manifest) {

  /**
   * Opens the checkpoint.
   *
   * @param store rooted at the run
   * @throws CorruptCheckpoint if it is missing, or its manifest is not the one that was committed
   */
  public CheckpointReader open(ObjectStore store) {
    String key = folder + "/" + Manifest.NAME;
    Optional<StoredObject> found = store.find(key);
    if (found.isEmpty()) {
      throw new CorruptCheckpoint(
          "%s: is missing, although %s names it"
              .formatted(store.location(key), store.location(RunLayout.FENCE)));
    }
    String digest = Sha256.hex(store.readAll(found.get()));
    if (!digest.equals(manifest)) {
      throw new CorruptCheckpoint(
          "%s: SHA-256 is %s; %s names %s"
              .formatted(store.location(key), digest, store.location(RunLayout.FENCE), manifest));
    }
    return CheckpointReader.open(store, folder);
  }
}
