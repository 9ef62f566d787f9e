package dev.sparkling.operator.observe;

import dev.sparkling.pipeline.stage.Observed;
import dev.sparkling.pipeline.status.StageStatus;
import java.util.List;

/**
 * The observed state of a run.
 *
 * @param observed input of the stage machine
 * @param stages status of each stage, with its previous state
 * @param retried whether the run is being tried again on request, and no failed job is left of the
 *     time before
 */
public record Observation(Observed observed, List<StageStatus> stages, boolean retried) {
  public Observation {
    stages = List.copyOf(stages);
  }
}
