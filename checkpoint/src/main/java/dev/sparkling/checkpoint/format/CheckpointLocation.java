package dev.sparkling.checkpoint.format;

import dev.sparkling.checkpoint.store.ObjectStore;

/**
 * The folder of a checkpoint in a store, whether or not there is a checkpoint.
 *
 * @param folder key without a slash at its end
 */
public record CheckpointLocation(ObjectStore store, String folder) {

  /** Returns the key of a file in the folder. */
  public String key(String file) {
    return folder + "/" + file;
  }

  /** Returns the folder as a user would write it, for messages. */
  @Override
  public String toString() {
    return store.location(folder);
  }
}
