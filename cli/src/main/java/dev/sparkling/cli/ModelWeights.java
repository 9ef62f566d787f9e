package dev.sparkling.cli;

import ai.djl.ndarray.NDManager;
import dev.sparkling.checkpoint.format.CheckpointReader;
import dev.sparkling.checkpoint.format.FileKind;
import dev.sparkling.checkpoint.format.TensorSequence;
import dev.sparkling.pipeline.error.UserError;
import dev.sparkling.trainer.model.ModelState;

/** The weights of the checkpoint that {@code --checkpoint} names. */
final class ModelWeights {

  private ModelWeights() {}

  /** Reads them; {@code manager} owns the arrays. */
  static ModelState read(CheckpointReader reader, NDManager manager) {
    ModelState values = ModelState.ofWeights(reader.model(), manager);
    return Arguments.input(
        "--checkpoint",
        () -> {
          try (TensorSequence tensors = reader.read(FileKind.MODEL)) {
            values.load(tensors, reader.location());
          }
          return values;
        });
  }

  /**
   * Compares a tokenizer with the one that the checkpoint was trained on, where it says so.
   *
   * @param named what the user named and where, such as {@code --data: URI was made by tokenizer}
   */
  static void checkTokenizer(CheckpointReader reader, String named, String fingerprint) {
    reader
        .state()
        .filter(state -> !state.tokenizerFingerprint().equals(fingerprint))
        .ifPresent(
            state -> {
              throw new UserError(
                  named
                      + " "
                      + fingerprint
                      + "; the checkpoint was trained on tokenizer "
                      + state.tokenizerFingerprint());
            });
  }
}
