package dev.sparkling.pipeline.spec.training;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;

/** The optimizers of the paper: AdamW (App. D), Muon for matrices (App. M). */
public enum OptimizerType {
  @JsonProperty("adamw")
  ADAMW,
  @JsonProperty("muon")
  MUON;

  /**
   * PyTorch's names of the state tensors that this optimizer keeps of each weight that it updates.
   * They have the weight's shape.
   */
  public List<String> stateTensors() {
    return switch (this) {
      case ADAMW -> List.of("exp_avg", "exp_avg_sq");
      case MUON -> List.of("momentum_buffer");
    };
  }

  /** The optimizer that updates a weight in a training with this one. */
  public OptimizerType forWeight(boolean isLayerMatrix) {
    return switch (this) {
      case ADAMW -> ADAMW;
      case MUON -> isLayerMatrix ? MUON : ADAMW;
    };
  }
}
