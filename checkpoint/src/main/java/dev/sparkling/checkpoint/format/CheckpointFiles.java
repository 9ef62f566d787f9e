package dev.sparkling.checkpoint.format;

import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.pipeline.error.UserError;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/** The file names of the format. Files with other names are never overwritten or removed. */
final class CheckpointFiles {

  static final String CONFIGURATION = "config.json";

  /** Index without which Hugging Face does not load files with these names, even a single one. */
  static final String INDEX = "model.safetensors.index.json";

  static final String EXPANSION_REPORT = "expansion-report.json";

  /** Progress of an unfinished expansion; removed when it completes. */
  static final String UNFINISHED_EXPANSION = "expansion-unfinished.json";

  private static final Set<String> SINGLE =
      Set.of(
          Manifest.NAME,
          CONFIGURATION,
          INDEX,
          TrainerState.NAME,
          EXPANSION_REPORT,
          UNFINISHED_EXPANSION);

  private CheckpointFiles() {}

  static boolean owns(String name) {
    return SINGLE.contains(name)
        || Arrays.stream(FileKind.values()).anyMatch(kind -> kind.writes(name));
  }

  /**
   * Whether the folder has a file that only Sparkling writes, so it is not a Hugging Face folder.
   */
  static boolean hasSparklingFile(ObjectStore store, String folder) {
    int prefix = folder.length() + 1;
    return store.list(folder + "/").stream()
        .map(object -> object.key().substring(prefix))
        .anyMatch(
            name ->
                name.equals(TrainerState.NAME)
                    || name.equals(UNFINISHED_EXPANSION)
                    || FileKind.OPTIMIZER.writes(name));
  }

  /** Returns the keys of the folder's files that a writer may replace. */
  static List<String> keys(ObjectStore store, String folder) {
    int prefix = folder.length() + 1;
    return store.list(folder + "/").stream()
        .map(object -> object.key())
        .filter(key -> owns(key.substring(prefix)))
        .toList();
  }

  /** Refuses a folder that holds files with other names. */
  static void checkNoOtherFiles(ObjectStore store, String folder) {
    int prefix = folder.length() + 1;
    store.list(folder + "/").stream()
        .map(object -> object.key().substring(prefix))
        .filter(name -> !owns(name))
        .findFirst()
        .ifPresent(
            name -> {
              throw new UserError(
                  store.location(folder)
                      + ": holds "
                      + name
                      + ", which does not belong to a checkpoint; an empty folder is needed");
            });
  }
}
