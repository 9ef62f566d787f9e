package dev.sparkling.pipeline.status;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Progress of the whole run, with the field names of Kubeflow's TrainJob. */
public record TrainerStatus(
    @Nullable Integer progressPercentage,
    @Nullable Long estimatedRemainingSeconds,
    List<Metric> metrics,
    @Nullable String lastUpdatedTime) {
  public TrainerStatus {
    metrics = metrics == null ? List.of() : List.copyOf(metrics);
  }

  /** A metric as text, as Kubeflow keeps it. */
  public record Metric(String name, String value) {}
}
