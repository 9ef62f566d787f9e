package dev.sparkling.cli.model;

import dev.sparkling.checkpoint.format.CheckpointReader;
import dev.sparkling.pipeline.error.UserError;
import dev.sparkling.trainer.run.LoadedModel;
import dev.sparkling.trainer.torch.Torch;
import dev.sparkling.worker.argument.ArgumentErrors;
import dev.sparkling.worker.argument.CheckpointArgument;

/** Checks and loads the checkpoint that {@code --checkpoint} names. */
final class ModelWeights {

  private ModelWeights() {}

  /**
   * Loads the model.
   *
   * @param length number of tokens per sequence
   * @param separator token that ends a document
   */
  static LoadedModel load(
      CheckpointArgument source, CheckpointReader reader, int length, long separator, Torch torch) {
    return ArgumentErrors.naming(
        source.name(), () -> LoadedModel.load(reader, length, separator, torch));
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
