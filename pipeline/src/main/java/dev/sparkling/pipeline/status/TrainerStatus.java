package dev.sparkling.pipeline.status;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Progress of the whole run, with the field names of Kubeflow's TrainJob. */
public record TrainerStatus(
    @JsonPropertyDescription("Percentage of completed steps, 0 to 100.")
        @Nullable Integer progressPercentage,
    @JsonPropertyDescription(
            "Estimated remaining seconds at the speed measured last; absent until it is measured.")
        @Nullable Long estimatedRemainingSeconds,
    @JsonPropertyDescription("Newest values of loss, validationLoss and tokensPerSecond.")
        List<Metric> metrics,
    @JsonPropertyDescription("Time of the last change of these values, in RFC 3339.")
        @Nullable String lastUpdatedTime) {
  public TrainerStatus {
    metrics = metrics == null ? List.of() : List.copyOf(metrics);
  }

  /** A metric as text, as Kubeflow keeps it. */
  public record Metric(
      @JsonPropertyDescription("Name of the metric.") String name,
      @JsonPropertyDescription("Value of the metric, a number as text.") String value) {}
}
