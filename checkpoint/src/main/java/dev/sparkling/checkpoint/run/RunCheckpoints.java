package dev.sparkling.checkpoint.run;

import dev.sparkling.checkpoint.format.Checkpoints;
import dev.sparkling.checkpoint.format.Manifest;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.pipeline.layout.RunLayout;
import java.util.List;
import java.util.OptionalLong;

/** Finds and cleans up the checkpoints of a run's stages. */
public final class RunCheckpoints {

  private RunCheckpoints() {}

  /** Returns the steps of a stage's complete checkpoints, in ascending order. */
  public static List<Long> steps(ObjectStore store, String stage) {
    String folder = RunLayout.checkpoints(stage) + "/";
    return store.list(folder).stream()
        .map(object -> object.key().substring(folder.length()).split("/", -1))
        .filter(names -> names.length == 2 && names[1].equals(Manifest.NAME))
        .flatMapToLong(names -> RunLayout.step(names[0]).stream())
        .sorted()
        .boxed()
        .toList();
  }

  /** Returns the step of a stage's newest complete checkpoint. */
  public static OptionalLong newestStep(ObjectStore store, String stage) {
    List<Long> steps = steps(store, stage);
    return steps.isEmpty() ? OptionalLong.empty() : OptionalLong.of(steps.getLast());
  }

  /**
   * Removes the incomplete checkpoints of a stage that killed writers left. Only the process that
   * works on the stage may call this, because a checkpoint that another process is writing looks
   * the same.
   *
   * @return the removed folders
   */
  public static List<String> deleteInterrupted(ObjectStore store, String stage) {
    String folder = RunLayout.checkpoints(stage) + "/";
    List<Long> complete = steps(store, stage);
    List<String> interrupted =
        store.list(folder).stream()
            .map(object -> object.key().substring(folder.length()).split("/", -1))
            .filter(names -> names.length == 2 && Checkpoints.isFile(names[1]))
            .flatMapToLong(names -> RunLayout.step(names[0]).stream())
            .distinct()
            .filter(step -> !complete.contains(step))
            .mapToObj(step -> RunLayout.checkpoint(stage, step))
            .toList();
    interrupted.forEach(left -> Checkpoints.delete(store, left));
    store.discardUnfinished(folder);
    return interrupted;
  }
}
