package dev.sparkling.cli.model;

import ai.djl.ndarray.NDManager;
import dev.sparkling.checkpoint.format.CheckpointReader;
import dev.sparkling.checkpoint.format.FileKind;
import dev.sparkling.checkpoint.format.TensorSequence;
import dev.sparkling.pipeline.error.UserError;
import dev.sparkling.trainer.model.ModelState;
import dev.sparkling.worker.argument.ArgumentErrors;

/** Weights of a checkpoint that the user named. */
final class ModelWeights {

  private ModelWeights() {}

  /** Reads the weights; {@code manager} owns the arrays. */
  static ModelState read(String argument, CheckpointReader reader, NDManager manager) {
    ModelState values = ModelState.ofWeights(reader.model(), manager);
    return ArgumentErrors.naming(
        argument,
        () -> {
          try (TensorSequence tensors = reader.read(FileKind.MODEL)) {
            values.load(tensors, reader.location());
          }
          return values;
        });
  }

  /**
   * Compares a tokenizer with the one that the checkpoint was trained with, if that is recorded.
   *
   * @param named beginning of the message, such as {@code --data: URI was made by tokenizer}
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
                      + "; the checkpoint was trained with tokenizer "
                      + state.tokenizerFingerprint());
            });
  }
}
