package dev.sparkling.trainer.optim;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;

/**
 * What becomes of a step's gradients; on the device, so that an update need not wait for it.
 *
 * @param norm of all gradients together, before clipping
 * @param blockNorms the same of each block's entries
 * @param divisor of the gradients: 1, or more where they are clipped
 * @param skip 1 where the update is left out: a value that is not finite, or a spike; else 0
 */
public record Judgement(NDArray norm, NDList blockNorms, NDArray divisor, NDArray skip) {

  /** Gradients are taken as they are. */
  public static Judgement accept(NDManager manager) {
    NDArray zero = manager.zeros(new Shape());
    return new Judgement(zero, new NDList(), manager.ones(new Shape()), zero);
  }

  /** Whether the update was left out; waits for the device. */
  public boolean skipped() {
    return skip.getFloat() != 0;
  }
}
