package dev.sparkling.worker.expand;

import dev.sparkling.checkpoint.format.CheckpointLocation;
import dev.sparkling.checkpoint.format.Manifest;
import dev.sparkling.checkpoint.run.FencedCheckpoint;
import dev.sparkling.checkpoint.run.RunWriter;
import dev.sparkling.expander.run.ExpansionTarget;
import java.util.Optional;

/**
 * The expansion into a stage. The run's fence names its folder before anything is written there.
 */
record StageTarget(RunWriter run, String stage) implements ExpansionTarget {

  @Override
  public Optional<CheckpointLocation> unfinished() {
    return run.expanding(stage).map(this::at);
  }

  @Override
  public CheckpointLocation begin() {
    return at(run.beginExpansion(stage));
  }

  @Override
  public void complete(CheckpointLocation folder, Manifest manifest) {
    run.commitExpansion(
        stage, new FencedCheckpoint(manifest.step(), folder.folder(), manifest.sha256()));
  }

  /** Keeps the files: another writer may have taken over the run and be writing to the folder. */
  @Override
  public void abandon(CheckpointLocation folder) {}

  private CheckpointLocation at(String folder) {
    return new CheckpointLocation(run.store(), folder);
  }
}
