package dev.sparkling.cli.model;

import dev.sparkling.checkpoint.format.CheckpointReader;
import dev.sparkling.pipeline.error.UserError;

/** Checks the checkpoint that {@code --checkpoint} names. */
final class ModelWeights {

  private ModelWeights() {}

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
