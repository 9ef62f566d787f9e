package dev.sparkling.pipeline.spec.training;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;

/** The optimizers of the paper: AdamW (appendix D), and Muon for matrices (appendix M). */
public enum OptimizerType {
  @JsonProperty("adamw")
  ADAMW,
  @JsonProperty("muon")
  MUON;

  /**
   * Returns PyTorch's names of the state tensors that this optimizer keeps for each weight that it
   * updates. They have the weight's shape.
   */
  public List<String> stateTensors() {
    return switch (this) {
      case ADAMW -> List.of("exp_avg", "exp_avg_sq");
      case MUON -> List.of("momentum_buffer");
    };
  }

  /** Returns the optimizer that updates a weight if this one is configured. */
  public OptimizerType forWeight(boolean isLayerMatrix) {
    return switch (this) {
      case ADAMW -> ADAMW;
      case MUON -> isLayerMatrix ? MUON : ADAMW;
    };
  }
}
