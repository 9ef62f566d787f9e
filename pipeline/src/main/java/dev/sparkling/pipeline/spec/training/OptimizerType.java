package dev.sparkling.pipeline.spec.training;

import com.fasterxml.jackson.annotation.JsonProperty;

/** The optimizers of the paper: AdamW (App. D), Muon for matrices (App. M). */
public enum OptimizerType {
  @JsonProperty("adamw")
  ADAMW(2),
  @JsonProperty("muon")
  MUON(1);

  private final int stateTensors;

  OptimizerType(int stateTensors) {
    this.stateTensors = stateTensors;
  }

  /** State tensors that it keeps per weight that it updates, each of the weight's shape. */
  public int stateTensors() {
    return stateTensors;
  }

  /**
   * Returns the optimizer that updates a weight in a training with this one: Muon leaves everything
   * but matrices inside layers to AdamW.
   */
  public OptimizerType forWeight(boolean isLayerMatrix) {
    return isLayerMatrix ? this : ADAMW;
  }
}
