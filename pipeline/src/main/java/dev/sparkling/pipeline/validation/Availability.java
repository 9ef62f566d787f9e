package dev.sparkling.pipeline.validation;

import dev.sparkling.pipeline.spec.ProgressiveTrainingSpec;
import dev.sparkling.pipeline.spec.ResourcesSpec;
import dev.sparkling.pipeline.spec.StageTrainerSpec;
import java.util.Map;

/**
 * Rejects what the resource can express but this version does not implement, before any work
 * starts. Each check is removed once its field is implemented.
 */
public final class Availability {

  private static final String NVIDIA = "nvidia.com/";
  private static final String AMD = "amd.com/";

  private Availability() {}

  static void check(ProgressiveTrainingSpec spec, Problems problems) {
    problems.require(
        spec.trainer().nodes() <= 1,
        "spec.trainer.nodes",
        spec.trainer().nodes() + " nodes are not available in this version; allowed: 1");
    checkGpus(spec.trainer().resources(), "spec.trainer.resources.limits", problems);
    problems.require(
        spec.initialCheckpoint() == null,
        "spec.initialCheckpoint",
        "is not available in this version; leave it out");
    for (int i = 0; i < spec.stages().size(); i++) {
      StageTrainerSpec trainer = spec.stages().get(i).trainer();
      if (trainer != null && trainer.resources() != null) {
        checkGpus(trainer.resources(), "spec.stages[" + i + "].trainer.resources.limits", problems);
      }
      if (trainer != null && trainer.nodes() != null) {
        problems.require(
            trainer.nodes() <= 1,
            "spec.stages[" + i + "].trainer.nodes",
            trainer.nodes() + " nodes are not available in this version; allowed: 1");
      }
    }
  }

  /** Rejects GPUs that a trainer would hold without using them. */
  private static void checkGpus(ResourcesSpec resources, String path, Problems problems) {
    for (Map.Entry<String, String> limit : resources.limits().entrySet()) {
      problems.require(
          !limit.getKey().startsWith(NVIDIA) || isAtMostOne(limit.getValue()),
          path + "." + limit.getKey(),
          limit.getValue() + " GPUs are not available in this version; allowed: 1");
      problems.require(
          !limit.getKey().startsWith(AMD) || limit.getValue().equals("0"),
          path + "." + limit.getKey(),
          "GPUs of AMD are not available in this version; allowed: nvidia.com/gpu: 1");
    }
  }

  /** Returns true for text that is not a number too, which the API server rejects. */
  private static boolean isAtMostOne(String quantity) {
    try {
      return Double.parseDouble(quantity) <= 1;
    } catch (NumberFormatException e) {
      return true;
    }
  }
}
