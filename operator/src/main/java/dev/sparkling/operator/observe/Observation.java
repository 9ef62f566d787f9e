package dev.sparkling.operator.observe;

import dev.sparkling.pipeline.stage.Observed;
import dev.sparkling.pipeline.status.StageStatus;
import java.util.List;

/**
 * All that is known of a run.
 *
 * @param observed what the stage machine decides on
 * @param stages the same for people; their state is not decided yet
 */
public record Observation(Observed observed, List<StageStatus> stages) {
  public Observation {
    stages = List.copyOf(stages);
  }
}
