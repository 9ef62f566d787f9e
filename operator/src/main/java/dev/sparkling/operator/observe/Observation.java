package dev.sparkling.operator.observe;

import dev.sparkling.pipeline.stage.Observed;
import dev.sparkling.pipeline.status.StageStatus;
import java.util.List;

/**
 * The observed state of a run.
 *
 * @param observed input of the stage machine
 * @param stages status of each stage, with its previous state
 */
public record Observation(Observed observed, List<StageStatus> stages) {
  public Observation {
    stages = List.copyOf(stages);
  }
}
