package dev.sparkling.pipeline.job;

import dev.sparkling.pipeline.spec.ProgressiveTrainingSpec;
import java.util.Objects;

/**
 * All input of a worker except credentials.
 *
 * @param version version of this format; a worker refuses any other than {@link #VERSION}
 * @param work kind of work
 * @param run name of the resource
 * @param stage name of the stage to train, or to expand into; empty if the work concerns the whole
 *     run
 * @param spec spec of the resource when the worker was launched
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
