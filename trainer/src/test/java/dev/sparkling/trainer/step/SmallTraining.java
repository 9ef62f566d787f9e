package dev.sparkling.trainer.step;

import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sparkling.checkpoint.format.CheckpointReader;
import dev.sparkling.checkpoint.format.FileKind;
import dev.sparkling.checkpoint.format.TensorSequence;
import dev.sparkling.checkpoint.format.TestTensors;
import dev.sparkling.checkpoint.model.ModelConfiguration;
import dev.sparkling.pipeline.spec.training.TrainingSpec;
import dev.sparkling.trainer.TestTorch;
import dev.sparkling.trainer.data.Batch;
import dev.sparkling.trainer.model.pass.Transformer;
import dev.sparkling.trainer.model.state.ModelState;
import java.util.List;

/** A model and the trainer's own {@link TrainingStep}, without a run around them. */
public final class SmallTraining {

  /** The token that ends a document. */
  public static final long SEPARATOR = 5;

  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .enable(JsonReadFeature.ALLOW_UNQUOTED_FIELD_NAMES, JsonReadFeature.ALLOW_SINGLE_QUOTES)
          .build();

  private final ModelState state;
  private final TrainingStep trainingStep;

  private SmallTraining(
      ModelConfiguration model, TrainingSpec training, ModelState state, NDManager manager) {
    this.state = state;
    this.trainingStep =
        new TrainingStep(
            model,
            state,
            training,
            SEPARATOR,
            TestTensors.state(model, 0),
            TestTorch.THREADS,
            manager);
  }

  /** Trains a checkpoint's weights. */
  public static SmallTraining of(
      CheckpointReader reader, TrainingSpec training, NDManager manager) {
    ModelState state = ModelState.ofTraining(reader.model(), training.optimizer().type(), manager);
    try (TensorSequence tensors = reader.read(FileKind.MODEL)) {
      state.load(tensors, reader.location());
    }
    return new SmallTraining(reader.model(), training, state, manager);
  }

  /** Trains random weights. */
  public static SmallTraining of(
      ModelConfiguration model, TrainingSpec training, NDManager manager) {
    ModelState state = ModelState.ofTraining(model, training.optimizer().type(), manager);
    state.initialize(1);
    return new SmallTraining(model, training, state, manager);
  }

  /** Runs a step of micro-batches of equal size. */
  public StepResult step(long step, double rate, Batch... microBatches) {
    long tokens = (long) microBatches.length * microBatches[0].tokens().length;
    return trainingStep.run(step, List.of(rate), tokens, List.of(microBatches));
  }

  public Transformer transformer() {
    return trainingStep.transformer();
  }

  public ModelState state() {
    return state;
  }

  /**
   * The settings of a training: AdamW with the paper's constants (App. D), in fp32, without
   * clipping and losses of routers.
   *
   * @param others further settings of {@code spec.training}, as JSON without quotes around keys
   */
  public static TrainingSpec training(int sequenceLength, String others) {
    try {
      ObjectNode settings =
          (ObjectNode)
              JSON.readTree(
                  "{globalBatchSize: 1, gradientClipping: 0,"
                      + " balancing: {coefficient: 0, zCoefficient: 0}}");
      settings.put("sequenceLength", sequenceLength);
      settings.setAll((ObjectNode) JSON.readTree("{" + others + "}"));
      return JSON.treeToValue(settings, TrainingSpec.class);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(others, e);
    }
  }
}
