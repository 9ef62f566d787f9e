package dev.sparkling.pipeline.job;

import dev.sparkling.pipeline.spec.ProgressiveTrainingSpec;
import java.util.Objects;

/**
 * A worker's whole input but for credentials.
 *
 * @param version of this format; a worker refuses any other than {@link #VERSION}
 * @param work what to do
 * @param run name of the resource
 * @param stage to train or to expand; empty where the work is the whole run's
 * @param spec as validated when the worker was launched
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
