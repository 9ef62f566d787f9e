package dev.sparkling.pipeline.validation;

import dev.sparkling.pipeline.spec.ProgressiveTrainingSpec;
import dev.sparkling.pipeline.spec.StageTrainerSpec;

/**
 * Rejects what the resource can express but this version does not implement, before any work
 * starts. Each check is removed once its field is implemented.
 */
public final class Availability {

  private Availability() {}

  static void check(ProgressiveTrainingSpec spec, Problems problems) {
    problems.require(
        spec.trainer().nodes() <= 1,
        "spec.trainer.nodes",
        spec.trainer().nodes() + " nodes are not available in this version; allowed: 1");
    problems.require(
        spec.initialCheckpoint() == null,
        "spec.initialCheckpoint",
        "is not available in this version; leave it out");
    for (int i = 0; i < spec.stages().size(); i++) {
      StageTrainerSpec trainer = spec.stages().get(i).trainer();
      if (trainer != null && trainer.nodes() != null) {
        problems.require(
            trainer.nodes() <= 1,
            "spec.stages[" + i + "].trainer.nodes",
            trainer.nodes() + " nodes are not available in this version; allowed: 1");
      }
    }
  }
}
