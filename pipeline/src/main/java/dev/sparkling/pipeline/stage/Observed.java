package dev.sparkling.pipeline.stage;

import dev.sparkling.pipeline.plan.RunPlan;
import java.util.List;

/**
 * Everything that a decision depends on.
 *
 * @param suspended whether the user asked for a pause
 * @param retries charged failures that a stage may have before the run fails
 * @param stages in the plan's order
 */
public record Observed(
    RunPlan plan, boolean suspended, int retries, List<StageObservation> stages) {
  public Observed {
    stages = List.copyOf(stages);
    if (stages.size() != plan.stages().size()) {
      throw new IllegalArgumentException(
          stages.size() + " observed stages; the plan has " + plan.stages().size());
    }
  }
}
