package dev.sparkling.expander.run;

import dev.sparkling.checkpoint.format.CheckpointLocation;
import dev.sparkling.checkpoint.format.CheckpointWriter;
import dev.sparkling.checkpoint.format.Manifest;

/** Where an expansion is written. */
public interface ExpansionTarget {

  /**
   * Returns the folder to write to: that of an unfinished expansion of the same input, or one that
   * may be emptied.
   *
   * @param input identity of the input
   */
  CheckpointLocation folder(String input);

  /** Accepts the complete checkpoint in the folder. */
  void complete(CheckpointLocation folder, Manifest manifest);

  /** Cleans up the folder after an error that the user must fix. */
  void abandon(CheckpointLocation folder);

  /** Returns a target that is any folder, which nothing else writes to. */
  static ExpansionTarget of(CheckpointLocation folder) {
    return new ExpansionTarget() {
      @Override
      public CheckpointLocation folder(String input) {
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
