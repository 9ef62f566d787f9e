package dev.sparkling.checkpoint.run;

import dev.sparkling.checkpoint.format.Manifest;
import dev.sparkling.checkpoint.format.Sha256;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.checkpoint.store.StoredObject;
import dev.sparkling.pipeline.layout.RunLayout;
import dev.sparkling.pipeline.layout.RunLayout.StageFolder;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The complete checkpoints of a run at one point in time.
 *
 * @param stages what each stage has stored, by its name
 */
public record RunCheckpoints(Map<String, FencedStage> stages) {

  public RunCheckpoints {
    stages = Map.copyOf(stages);
  }

  /**
   * Reads which checkpoints a run has: those that its fence names or, if a version without fences
   * wrote the run, all that have a manifest.
   *
   * @param store rooted at the run
   */
  public static RunCheckpoints read(ObjectStore store) {
    return fenced(store).orElseGet(() -> new RunCheckpoints(unfenced(store)));
  }

  /** Reads which checkpoints the fence of a run names; empty if there is none. */
  public static Optional<RunCheckpoints> fenced(ObjectStore store) {
    return StoredFence.read(store).map(stored -> new RunCheckpoints(stored.fence().stages()));
  }

  /** Finds all checkpoints that have a manifest and that no writer with a fence has written. */
  static SortedMap<String, FencedStage> unfenced(ObjectStore store) {
    SortedMap<String, FencedStage> stages = new TreeMap<>();
    for (StoredObject object : store.list("")) {
      String suffix = "/" + Manifest.NAME;
      if (!object.key().endsWith(suffix)) {
        continue;
      }
      String key = object.key().substring(0, object.key().length() - suffix.length());
      Optional<StageFolder> folder = RunLayout.folder(key);
      if (folder.isEmpty() || folder.get().writer().isPresent()) {
        continue;
      }
      byte[] manifest = store.readAll(object);
      OptionalLong step = folder.get().step();
      FencedCheckpoint checkpoint =
          new FencedCheckpoint(
              step.orElseGet(() -> Manifest.decode(store.location(object.key()), manifest).step()),
              key,
              Sha256.hex(manifest));
      FencedStage known = stages.getOrDefault(folder.get().stage(), FencedStage.EMPTY);
      stages.put(
          folder.get().stage(),
          step.isPresent() ? known.plus(checkpoint) : known.withExpansion(checkpoint));
    }
    return stages;
  }

  /** Returns the trainer's newest checkpoint of a stage. */
  public Optional<FencedCheckpoint> newest(String stage) {
    return stage(stage).checkpoints().reversed().stream().findFirst();
  }

  /** Returns the step of the trainer's newest checkpoint of a stage. */
  public OptionalLong newestStep(String stage) {
    return newest(stage).stream().mapToLong(FencedCheckpoint::step).findFirst();
  }

  /** Returns the trainer's checkpoint of a stage at a step. */
  public Optional<FencedCheckpoint> at(String stage, long step) {
    return stage(stage).checkpoints().stream()
        .filter(checkpoint -> checkpoint.step() == step)
        .findFirst();
  }

  /** Returns the widened checkpoint that a stage starts from. */
  public Optional<FencedCheckpoint> expansion(String stage) {
    return stage(stage).expansion().stream().findFirst();
  }

  private FencedStage stage(String name) {
    return stages.getOrDefault(name, FencedStage.EMPTY);
  }
}
