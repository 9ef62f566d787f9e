package dev.sparkling.trainer.optim;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.List;

/** Decisions about an update, as a guard makes them. */
public final class TestDecisions {

  private TestDecisions() {}

  /** Gradients are taken as they are. */
  public static UpdateDecision update(NDManager manager) {
    return divide(manager, 1);
  }

  /** Gradients are clipped. */
  public static UpdateDecision divide(NDManager manager, float divisor) {
    NDArray zero = manager.create(0f);
    return new UpdateDecision(zero, List.of(), manager.create(divisor), zero);
  }

  /** The update is skipped. */
  public static UpdateDecision skip(NDManager manager) {
    NDArray one = manager.create(1f);
    return new UpdateDecision(one, List.of(), one, one);
  }
}
