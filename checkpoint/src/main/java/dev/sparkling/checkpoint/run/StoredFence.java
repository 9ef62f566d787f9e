package dev.sparkling.checkpoint.run;

import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.pipeline.layout.RunLayout;
import java.util.Optional;

/**
 * A fence as it is stored.
 *
 * @param version version of the object, which changes with each write
 */
record StoredFence(Fence fence, String version) {

  /**
   * Reads the fence of a run; empty if it has none.
   *
   * @param store rooted at the run
   */
  static Optional<StoredFence> read(ObjectStore store) {
    return store.readCurrent(
        RunLayout.FENCE,
        (found, bytes) ->
            new StoredFence(Fence.decode(store.location(RunLayout.FENCE), bytes), found.version()));
  }

  /**
   * Replaces this version.
   *
   * @return the new version; empty if another process has replaced or deleted the fence
   */
  Optional<StoredFence> replaceWith(ObjectStore store, Fence next) {
    return store
        .replace(RunLayout.FENCE, Optional.of(version), next.encode())
        .map(written -> new StoredFence(next, written));
  }

  /** Stores the first fence of a run; empty if it has one. */
  static Optional<StoredFence> create(ObjectStore store, Fence first) {
    return store
        .replace(RunLayout.FENCE, Optional.empty(), first.encode())
        .map(written -> new StoredFence(first, written));
  }
}
