package dev.sparkling.pipeline.status;

import java.util.List;

/**
 * What the run costs.
 *
 * @param flops of all stages
 * @param flopsSaved share of the compute of training the widest model from scratch, 0 to 1
 */
public record PlanStatus(List<StagePlanStatus> stages, double flops, double flopsSaved) {
  public PlanStatus {
    stages = stages == null ? List.of() : List.copyOf(stages);
  }

  /** Parameters of one stage's model; active ones are those that a token meets. */
  public record StagePlanStatus(String name, long parameters, long activeParameters) {}
}
