package dev.sparkling.checkpoint.format;

import dev.sparkling.checkpoint.format.Manifest.FileDigest;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.pipeline.error.CorruptCheckpoint;
import java.util.Optional;

/** Finds and removes single checkpoints. A folder without a manifest is not a checkpoint. */
public final class Checkpoints {

  private Checkpoints() {}

  public static boolean exists(ObjectStore store, String folder) {
    return store.find(folder + "/" + Manifest.NAME).isPresent();
  }

  /**
   * Reads the trainer state of a checkpoint without opening its tensors; empty if there is no
   * checkpoint.
   *
   * @throws CorruptCheckpoint if the trainer state is missing or differs from the manifest
   */
  public static Optional<TrainerState> state(ObjectStore store, String folder) {
    String manifestKey = folder + "/" + Manifest.NAME;
    String key = folder + "/" + TrainerState.NAME;
    return store
        .find(manifestKey)
        .map(found -> Manifest.decode(store.location(manifestKey), store.readAll(found)))
        .map(
            manifest -> {
              FileDigest digest = manifest.files().get(TrainerState.NAME);
              byte[] bytes =
                  store
                      .find(key)
                      .map(store::readAll)
                      .orElseThrow(
                          () -> new CorruptCheckpoint(store.location(key) + ": is missing"));
              CheckpointReader.checkDigest(
                  store.location(key),
                  digest == null ? "nothing about it" : digest.sha256(),
                  Sha256.hex(bytes));
              return TrainerState.decode(store.location(key), bytes);
            });
  }

  /**
   * Removes a checkpoint, the manifest first, or the files that a killed writer left. Files with
   * other names stay.
   */
  public static void delete(ObjectStore store, String folder) {
    store.delete(folder + "/" + Manifest.NAME);
    CheckpointFiles.keys(store, folder).forEach(store::delete);
    store.discardUnfinished(folder + "/");
  }
}
