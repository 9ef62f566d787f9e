package dev.sparkling.trainer.run;

import ai.djl.ndarray.NDManager;
import dev.sparkling.checkpoint.format.CheckpointReader;
import dev.sparkling.checkpoint.format.FileKind;
import dev.sparkling.checkpoint.format.TensorSequence;
import dev.sparkling.trainer.model.pass.PassSettings;
import dev.sparkling.trainer.model.pass.Transformer;
import dev.sparkling.trainer.model.state.ModelState;
import dev.sparkling.trainer.torch.Torch;
import java.util.OptionalLong;

/** A checkpoint's model in fp32, for evaluation and generation. Owns its memory. */
public final class LoadedModel implements AutoCloseable {

  /** Path of the setting in the resource, which is its name in a checkpoint. */
  private static final String DOCUMENT_MASKING = "spec.training.documentMasking";

  private final Transformer transformer;
  private final NDManager manager;

  private LoadedModel(Transformer transformer, NDManager manager) {
    this.transformer = transformer;
    this.manager = manager;
  }

  /**
   * Loads a model, which masks documents if it was trained with document masking.
   *
   * @param sequenceLength number of tokens per sequence
   * @param separator token that ends a document
   */
  public static LoadedModel load(
      CheckpointReader reader, int sequenceLength, long separator, Torch torch) {
    NDManager manager = torch.newManager();
    try (TensorSequence tensors = reader.read(FileKind.MODEL)) {
      ModelState values = ModelState.ofWeights(reader.model(), manager);
      values.load(tensors, reader.location());
      OptionalLong masked =
          masksDocuments(reader) ? OptionalLong.of(separator) : OptionalLong.empty();
      PassSettings settings = PassSettings.forward(sequenceLength, masked);
      return new LoadedModel(
          new Transformer(reader.model(), values.weights(), settings, manager), manager);
    } catch (RuntimeException | Error e) {
      manager.close();
      throw e;
    }
  }

  /**
   * Whether the model was trained with document masking; false for a checkpoint of weights only,
   * which records no settings.
   */
  private static boolean masksDocuments(CheckpointReader reader) {
    return reader
        .state()
        .map(state -> Boolean.parseBoolean(state.settings().get(DOCUMENT_MASKING)))
        .orElse(false);
  }

  public Transformer transformer() {
    return transformer;
  }

  @Override
  public void close() {
    manager.close();
  }
}
