package dev.sparkling.trainer.step;

import dev.sparkling.trainer.model.routing.RouterStatistics;
import java.util.List;

/**
 * The measurements of an optimizer step.
 *
 * @param loss mean loss over the step's tokens before the update, in nats
 * @param gradientNorm L2 norm of all gradients together, before clipping
 * @param blockNorms norm of each block's gradients
 * @param skipped whether the update was skipped, because the loss or the gradient norm is not
 *     finite or is a spike
 * @param routers statistics of each layer of experts; empty for a dense model
 */
public record StepResult(
    double loss,
    double gradientNorm,
    List<Double> blockNorms,
    boolean skipped,
    List<RouterStatistics> routers) {

  public StepResult {
    blockNorms = List.copyOf(blockNorms);
    routers = List.copyOf(routers);
  }

  /** Whether loss and gradients are finite. */
  public boolean isFinite() {
    return Double.isFinite(loss) && Double.isFinite(gradientNorm);
  }
}
