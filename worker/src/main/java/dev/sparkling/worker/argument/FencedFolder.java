package dev.sparkling.worker.argument;

import dev.sparkling.checkpoint.format.Checkpoints;
import dev.sparkling.checkpoint.run.FencedCheckpoint;
import dev.sparkling.checkpoint.run.RunCheckpoints;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.checkpoint.store.StoreUri;
import dev.sparkling.pipeline.layout.RunLayout;
import dev.sparkling.pipeline.layout.RunLayout.StageFolder;
import dev.sparkling.worker.run.StoreAccess;
import java.util.Optional;

/** Finds the folder of a checkpoint whose name a user gave without the writer's mark. */
final class FencedFolder {

  private FencedFolder() {}

  /**
   * Returns the name of the folder that the run's fence names.
   *
   * @param parent location of the folder's parent
   * @param name name of the folder, with or without a mark
   * @param store store rooted at the parent
   * @return the name itself, if the folder is a checkpoint or the fence names no such checkpoint
   */
  static String resolve(StoreUri parent, String name, ObjectStore store) {
    if (Checkpoints.exists(store, name)) {
      return name;
    }
    boolean expansion = name.equals(RunLayout.EXPANSION);
    Optional<StoreUri> stage = expansion ? Optional.of(parent) : parent.parent();
    String key =
        stage.map(StoreUri::name).orElse("") + (expansion ? "/" : "/" + parent.name() + "/") + name;
    return RunLayout.folder(key)
        .filter(folder -> folder.writer().isEmpty())
        .flatMap(folder -> stage.flatMap(StoreUri::parent).flatMap(run -> find(run, folder)))
        .map(found -> found.folder().substring(found.folder().lastIndexOf('/') + 1))
        .orElse(name);
  }

  private static Optional<FencedCheckpoint> find(StoreUri run, StageFolder folder) {
    try (ObjectStore store = StoreAccess.open(run)) {
      return RunCheckpoints.fenced(store)
          .flatMap(
              checkpoints ->
                  folder.step().isPresent()
                      ? checkpoints.at(folder.stage(), folder.step().getAsLong())
                      : checkpoints.expansion(folder.stage()));
    }
  }
}
