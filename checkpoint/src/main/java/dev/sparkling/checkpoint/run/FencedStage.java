package dev.sparkling.checkpoint.run;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * What a stage has stored.
 *
 * @param expanding key of the folder that an unfinished expansion writes to; empty if there is none
 * @param expansion the widened checkpoint that the stage starts from, if there is one
 * @param checkpoints the trainer's checkpoints, the newest one last
 */
public record FencedStage(
    String expanding, List<FencedCheckpoint> expansion, List<FencedCheckpoint> checkpoints) {

  static final FencedStage EMPTY = new FencedStage("", List.of(), List.of());

  public FencedStage {
    expansion = List.copyOf(expansion);
    checkpoints =
        checkpoints.stream().sorted(Comparator.comparingLong(FencedCheckpoint::step)).toList();
  }

  FencedStage withExpanding(String folder) {
    return new FencedStage(folder, expansion, checkpoints);
  }

  FencedStage withExpansion(FencedCheckpoint complete) {
    return new FencedStage("", List.of(complete), checkpoints);
  }

  /** Adds a checkpoint. */
  FencedStage plus(FencedCheckpoint checkpoint) {
    List<FencedCheckpoint> all = new ArrayList<>(checkpoints);
    all.add(checkpoint);
    return new FencedStage(expanding, expansion, all);
  }

  /** Adds a checkpoint, removes those of the same or later steps, and keeps the newest ones. */
  FencedStage with(FencedCheckpoint checkpoint, int keepLast) {
    List<FencedCheckpoint> all =
        new ArrayList<>(
            checkpoints.stream().filter(known -> known.step() < checkpoint.step()).toList());
    all.add(checkpoint);
    return new FencedStage(
        expanding, expansion, all.subList(Math.max(0, all.size() - keepLast), all.size()));
  }
}
