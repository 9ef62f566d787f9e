package dev.sparkling.pipeline.status;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The status subresource. */
public record ProgressiveTrainingStatus(
    @Nullable Long observedGeneration,
    @Nullable Phase phase,
    @Nullable String currentStage,
    List<Condition> conditions,
    @Nullable TrainerStatus trainerStatus,
    @Nullable PlanStatus plan,
    List<StageStatus> stages) {
  public ProgressiveTrainingStatus {
    conditions = conditions == null ? List.of() : List.copyOf(conditions);
    stages = stages == null ? List.of() : List.copyOf(stages);
  }
}
