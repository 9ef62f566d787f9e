package dev.sparkling.operator.observe;

import dev.sparkling.pipeline.stage.Observed;
import dev.sparkling.pipeline.status.StageStatus;
import java.util.List;

/**
 * What is known of a run.
 *
 * @param observed input of the stage machine
 * @param stages status of each stage; its state is not decided yet
 */
public record Observation(Observed observed, List<StageStatus> stages) {
  public Observation {
    stages = List.copyOf(stages);
  }
}
