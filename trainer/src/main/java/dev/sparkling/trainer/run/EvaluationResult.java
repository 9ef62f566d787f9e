package dev.sparkling.trainer.run;

import java.util.List;

/**
 * The result of an evaluation.
 *
 * @param loss mean cross-entropy in nats per token
 * @param hiddenRms root mean square of the residual stream after the embedding and after each layer
 */
public record EvaluationResult(double loss, List<Double> hiddenRms) {
  public EvaluationResult {
    hiddenRms = List.copyOf(hiddenRms);
  }

  boolean isFinite() {
    return Double.isFinite(loss) && hiddenRms.stream().allMatch(Double::isFinite);
  }
}
