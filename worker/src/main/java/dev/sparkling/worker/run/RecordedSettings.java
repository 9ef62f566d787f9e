package dev.sparkling.worker.run;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sparkling.checkpoint.format.FormatJson;
import dev.sparkling.checkpoint.run.RunCheckpoints;
import dev.sparkling.checkpoint.run.RunWriter;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.pipeline.error.UserError;
import dev.sparkling.pipeline.identity.ResolvedSettings;
import dev.sparkling.pipeline.layout.RunLayout;
import dev.sparkling.pipeline.plan.RunPlan;
import dev.sparkling.pipeline.spec.ProgressiveTrainingSpec;
import java.util.ArrayList;
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

  /** Key of the mark of the writer that recorded the settings. */
  private static final String WRITER = "writer";

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
   * its values; missing stages and fields are added. The record is always written, with the mark of
   * its writer, so that a writer before it, which may have been stopped just before its own write,
   * can no longer replace it.
   */
  void record(ProgressiveTrainingSpec spec, RunWriter writer) {
    ObjectNode resolved = ResolvedSettings.of(spec);
    ObjectNode settings =
        binding.isEmpty() ? resolved : ResolvedSettings.merged(binding.get(), resolved);
    settings.put(WRITER, writer.mark());
    writer.rewrite(RunLayout.SETTINGS, FormatJson.encode(settings));
  }

  /**
   * Whether the binding settings differ from those of an earlier read, because another process has
   * recorded them or committed the first checkpoint.
   */
  boolean isNewerThan(RecordedSettings earlier) {
    return !binding.equals(earlier.binding);
  }

  private static Optional<byte[]> stored(ObjectStore store) {
    return store.readCurrent(RunLayout.SETTINGS, (_, bytes) -> bytes);
  }

  private static ObjectNode decoded(ObjectStore store, byte[] bytes) {
    ObjectNode settings =
        FormatJson.decode(store.location(RunLayout.SETTINGS), bytes, ObjectNode.class);
    settings.remove(WRITER);
    return settings;
  }

  private static boolean hasCheckpoint(ObjectStore store, RunPlan plan) {
    RunCheckpoints checkpoints = RunCheckpoints.read(store);
    return plan.stageNames().stream()
        .anyMatch(
            stage ->
                checkpoints.newest(stage).isPresent() || checkpoints.expansion(stage).isPresent());
  }
}
