package dev.sparkling.checkpoint.format;

import dev.sparkling.checkpoint.format.Manifest.FileDigest;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.pipeline.error.CorruptCheckpoint;
import dev.sparkling.pipeline.layout.RunLayout;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** Finds and removes checkpoints. A folder without a manifest does not exist. */
public final class Checkpoints {

  private Checkpoints() {}

  public static boolean exists(ObjectStore store, String folder) {
    return store.find(folder + "/" + Manifest.NAME).isPresent();
  }

  /** Steps of a stage's complete checkpoints, oldest first. */
  public static List<Long> steps(ObjectStore store, String stage) {
    String folder = RunLayout.checkpoints(stage) + "/";
    return store.list(folder).stream()
        .map(object -> object.key().substring(folder.length()).split("/", -1))
        .filter(names -> names.length == 2 && names[1].equals(Manifest.NAME))
        .map(names -> RunLayout.step(names[0]))
        .filter(OptionalLong::isPresent)
        .map(OptionalLong::getAsLong)
        .sorted()
        .toList();
  }

  /** Step of a stage's newest complete checkpoint. */
  public static OptionalLong newestStep(ObjectStore store, String stage) {
    List<Long> steps = steps(store, stage);
    return steps.isEmpty() ? OptionalLong.empty() : OptionalLong.of(steps.getLast());
  }

  /** What a checkpoint says of its training, without opening its tensors; empty without one. */
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
                  digest == null ? "nothing of it" : digest.sha256(),
                  Sha256.hex(bytes));
              return TrainerState.decode(store.location(key), bytes);
            });
  }

  /**
   * Removes a checkpoint, the manifest first, and what a writer that was killed left of one. Files
   * that are not the format's stay.
   */
  public static void delete(ObjectStore store, String folder) {
    store.delete(folder + "/" + Manifest.NAME);
    CheckpointFiles.keys(store, folder).forEach(store::delete);
    store.discardUnfinished(folder + "/");
  }

  /**
   * Removes what killed writers left of a stage's checkpoints. Only for the one process that works
   * on the stage: what another is writing looks the same.
   *
   * @return the folders that were removed
   */
  public static List<String> deleteInterrupted(ObjectStore store, String stage) {
    String folder = RunLayout.checkpoints(stage) + "/";
    List<Long> complete = steps(store, stage);
    List<String> interrupted =
        store.list(folder).stream()
            .map(object -> object.key().substring(folder.length()).split("/", -1))
            .filter(names -> names.length == 2 && CheckpointFiles.owns(names[1]))
            .map(names -> RunLayout.step(names[0]))
            .flatMapToLong(OptionalLong::stream)
            .distinct()
            .filter(step -> !complete.contains(step))
            .mapToObj(step -> RunLayout.checkpoint(stage, step))
            .toList();
    interrupted.forEach(left -> delete(store, left));
    store.discardUnfinished(folder);
    return interrupted;
  }
}
