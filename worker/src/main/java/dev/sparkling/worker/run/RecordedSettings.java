package dev.sparkling.worker.run;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sparkling.checkpoint.format.Checkpoints;
import dev.sparkling.checkpoint.format.FormatJson;
import dev.sparkling.checkpoint.run.RunCheckpoints;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.pipeline.error.UserError;
import dev.sparkling.pipeline.identity.ResolvedSettings;
import dev.sparkling.pipeline.layout.RunLayout;
import dev.sparkling.pipeline.plan.RunPlan;
import dev.sparkling.pipeline.spec.ProgressiveTrainingSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeSet;

/**
 * The {@code settings.json} of a run: the settings that it was started with (docs/adr/0018). Until
 * the run has a checkpoint, each start overwrites the record; after that, the record is binding.
 */
final class RecordedSettings {

  private final ObjectStore store;
  private final Optional<ObjectNode> binding;

  private RecordedSettings(ObjectStore store, Optional<ObjectNode> binding) {
    this.store = store;
    this.binding = binding;
  }

  /**
   * Reads the record of a run, which is not binding until the run has a checkpoint.
   *
   * @param store rooted at the run
   * @throws dev.sparkling.pipeline.error.CorruptCheckpoint if the file cannot be read
   */
  static RecordedSettings read(ObjectStore store, RunPlan plan) {
    return new RecordedSettings(
        store,
        hasCheckpoint(store, plan)
            ? stored(store).map(bytes -> decoded(store, bytes))
            : Optional.empty());
  }

  /**
   * Reads an assignment again and takes the settings that it omits from the record, if that is
   * binding.
   */
  Assignment resolve(Assignment assignment) {
    if (binding.isEmpty()) {
      return assignment;
    }
    try {
      return assignment.resolvedWith(binding.get());
    } catch (UserError e) { // it was valid without the record
      throw new UserError(
          e.problems().stream()
              .map(
                  line ->
                      "%s; settings that %s omits come from %s"
                          .formatted(line, assignment.file(), store.location(RunLayout.SETTINGS)))
              .toList());
    }
  }

  /**
   * Returns a sentence for each setting whose recorded value differs from this version's default.
   *
   * @param alone the spec without the recorded settings
   * @param resolved the spec with them
   */
  List<String> warnings(ProgressiveTrainingSpec alone, ProgressiveTrainingSpec resolved) {
    SortedMap<String, String> defaults = ResolvedSettings.byPath(alone);
    SortedMap<String, String> kept = ResolvedSettings.byPath(resolved);
    TreeSet<String> paths = new TreeSet<>(defaults.keySet());
    paths.addAll(kept.keySet());
    List<String> warnings = new ArrayList<>();
    for (String path : paths) {
      if (!Objects.equals(defaults.get(path), kept.get(path))) {
        warnings.add(
            "%s: %s, as recorded in %s; the default is now %s"
                .formatted(
                    path,
                    kept.getOrDefault(path, "absent"),
                    store.location(RunLayout.SETTINGS),
                    defaults.getOrDefault(path, "absent")));
      }
    }
    return warnings;
  }

  /**
   * Records the settings of a start, after the run's identity was checked. A binding record keeps
   * its values; missing stages and fields are added.
   */
  void record(ProgressiveTrainingSpec spec) {
    ObjectNode resolved = ResolvedSettings.of(spec);
    ObjectNode settings =
        binding.isEmpty() ? resolved : ResolvedSettings.merged(binding.get(), resolved);
    byte[] bytes = FormatJson.encode(settings);
    if (stored(store).filter(known -> Arrays.equals(known, bytes)).isEmpty()) {
      store.write(RunLayout.SETTINGS, bytes);
    }
  }

  private static Optional<byte[]> stored(ObjectStore store) {
    return store.find(RunLayout.SETTINGS).map(store::readAll);
  }

  private static ObjectNode decoded(ObjectStore store, byte[] bytes) {
    return FormatJson.decode(store.location(RunLayout.SETTINGS), bytes, ObjectNode.class);
  }

  private static boolean hasCheckpoint(ObjectStore store, RunPlan plan) {
    return plan.stageNames().stream()
        .anyMatch(
            stage ->
                RunCheckpoints.newestStep(store, stage).isPresent()
                    || Checkpoints.exists(store, RunLayout.expansion(stage)));
  }
}
