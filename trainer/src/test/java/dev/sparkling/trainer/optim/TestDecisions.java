package dev.sparkling.trainer.optim;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.List;

/** Creates the decisions that a guard would make. */
public final class TestDecisions {

  private TestDecisions() {}

  /** Neither clips nor skips. */
  public static UpdateDecision update(NDManager manager) {
    return divide(manager, 1);
  }

  /** Clips gradients by a divisor. */
  public static UpdateDecision divide(NDManager manager, float divisor) {
    NDArray zero = manager.create(0f);
    return new UpdateDecision(zero, List.of(), manager.create(divisor), zero);
  }

  /** Skips the update. */
  public static UpdateDecision skip(NDManager manager) {
    NDArray one = manager.create(1f);
    return new UpdateDecision(one, List.of(), one, one);
  }
}
