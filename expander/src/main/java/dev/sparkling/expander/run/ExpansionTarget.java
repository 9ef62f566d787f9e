package dev.sparkling.expander.run;

import dev.sparkling.checkpoint.format.CheckpointLocation;
import dev.sparkling.checkpoint.format.CheckpointWriter;
import dev.sparkling.checkpoint.format.Manifest;
import java.util.Optional;

/** Where an expansion is written. */
public interface ExpansionTarget {

  /** Returns the folder that may hold an unfinished expansion; empty if there is none. */
  Optional<CheckpointLocation> unfinished();

  /** Returns a folder for a new expansion, which may be emptied. */
  CheckpointLocation begin();

  /** Accepts the complete checkpoint in the folder. */
  void complete(CheckpointLocation folder, Manifest manifest);

  /** Called after an error that the user must fix; may clean up the folder. */
  void abandon(CheckpointLocation folder);

  /** Returns a target that is any folder, which nothing else writes to. */
  static ExpansionTarget of(CheckpointLocation folder) {
    return new ExpansionTarget() {
      @Override
      public Optional<CheckpointLocation> unfinished() {
        return Optional.of(folder);
      }

      @Override
      public CheckpointLocation begin() {
        return folder;
      }

      @Override
      public void complete(CheckpointLocation complete, Manifest manifest) {}

      @Override
      public void abandon(CheckpointLocation abandoned) {
        CheckpointWriter.resume(abandoned.store(), abandoned.folder()).discard();
      }
    };
  }
}
