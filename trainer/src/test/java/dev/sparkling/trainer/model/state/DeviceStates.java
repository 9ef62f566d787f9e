package dev.sparkling.trainer.model.state;

import ai.djl.ndarray.NDManager;
import dev.sparkling.checkpoint.model.ModelConfiguration;
import dev.sparkling.pipeline.spec.training.OptimizerType;
import java.util.Optional;

/** States that are reached as those of a GPU are, wherever their arrays lie. */
public final class DeviceStates {

  /** Less than a row, so that each tensor goes over in many parts. */
  private static final long FEW = 7;

  private DeviceStates() {}

  /** Weights and AdamW's state, zero. */
  public static ModelState ofTraining(ModelConfiguration model, NDManager manager) {
    return new ModelState(
        model, Optional.of(OptimizerType.ADAMW), manager, new DeviceTensors(manager, FEW));
  }
}
