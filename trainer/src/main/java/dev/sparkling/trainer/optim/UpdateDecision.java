package dev.sparkling.trainer.optim;

import ai.djl.ndarray.NDArray;
import java.util.List;

/**
 * The clip-and-skip decision of a step. Its scalars stay on the device, so that the update need not
 * wait for them.
 *
 * @param norm L2 norm of all gradients together, before clipping
 * @param blockNorms norm of each block's gradients
 * @param divisor number that the gradients are divided by: 1, or greater than 1 to clip them
 * @param skip 1 to skip the update, because the loss or the gradient norm is not finite or is a
 *     spike; else 0
 */
public record UpdateDecision(
    NDArray norm, List<NDArray> blockNorms, NDArray divisor, NDArray skip) {

  /** Whether the update is skipped; waits for the device. */
  public boolean skipped() {
    return skip.getFloat() != 0;
  }
}
