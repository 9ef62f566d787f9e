package dev.sparkling.pipeline.job;

import dev.sparkling.pipeline.spec.ProgressiveTrainingSpec;
import java.util.Objects;

/**
 * All input of a worker except credentials.
 *
 * @param version version of this format; a worker refuses any other than {@link #VERSION}
 * @param work kind of work
 * @param run name of the resource
 * @param stage stage to train or expand; empty if the work concerns the whole run
 * @param spec spec at the time of the launch
 */
public record JobDocument(
    int version, Work work, String run, String stage, ProgressiveTrainingSpec spec) {

  public static final int VERSION = 1;

  public JobDocument {
    run = Objects.requireNonNullElse(run, "");
    stage = Objects.requireNonNullElse(stage, "");
    spec = Objects.requireNonNullElse(spec, ProgressiveTrainingSpec.EMPTY);
  }
}
