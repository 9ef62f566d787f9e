package dev.sparkling.pipeline.stage;

import dev.sparkling.pipeline.plan.RunPlan;
import java.util.List;

/**
 * Everything that a decision depends on.
 *
 * @param suspended whether the user suspended the run
 * @param retries number of failed attempts of a stage that are retried
 * @param stages observations in the order of the plan's stages
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
