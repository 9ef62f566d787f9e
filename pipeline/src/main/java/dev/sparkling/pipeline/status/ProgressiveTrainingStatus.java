package dev.sparkling.pipeline.status;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The status subresource.
 *
 * @param currentStage the first that is not complete; the last where all are
 * @param summary the columns of {@code kubectl get}
 */
public record ProgressiveTrainingStatus(
    @Nullable Long observedGeneration,
    @Nullable Phase phase,
    @Nullable String currentStage,
    @Nullable SummaryStatus summary,
    List<Condition> conditions,
    @Nullable TrainerStatus trainerStatus,
    @Nullable PlanStatus plan,
    List<StageStatus> stages) {
  public ProgressiveTrainingStatus {
    conditions = conditions == null ? List.of() : List.copyOf(conditions);
    stages = stages == null ? List.of() : List.copyOf(stages);
  }
}
