package dev.sparkling.trainer.model.state;

import ai.djl.ndarray.NDManager;
import dev.sparkling.checkpoint.model.ModelConfiguration;
import dev.sparkling.pipeline.spec.training.OptimizerType;
import java.util.Optional;

/** Creates states that are accessed like those of a GPU, wherever their arrays are. */
public final class DeviceStates {

  /** Less than a row, so that each tensor takes many copies. */
  private static final long FEW = 7;

  private DeviceStates() {}

  /** Creates weights and AdamW's state of zero. */
  public static ModelState ofTraining(ModelConfiguration model, NDManager manager) {
    return new ModelState(
        model, Optional.of(OptimizerType.ADAMW), manager, new DeviceTensors(manager, FEW));
  }
}
