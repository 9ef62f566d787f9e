package dev.sparkling.pipeline.status;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The status subresource. */
public record ProgressiveTrainingStatus(
    @JsonPropertyDescription("Generation of the spec that this status is about")
        @Nullable Long observedGeneration,
    @JsonPropertyDescription(
            "Where the run stands: Pending, Queued, Training, Expanding, Suspended, Succeeded or Failed; the last two are final")
        @Nullable Phase phase,
    @JsonPropertyDescription("First stage that is not complete; the last one where all are")
        @Nullable String currentStage,
    @JsonPropertyDescription("Columns of kubectl get, as text") @Nullable SummaryStatus summary,
    @JsonPropertyDescription("Conditions Ready, Progressing and Failed, each with a reason")
        List<Condition> conditions,
    @JsonPropertyDescription(
            "Progress of the whole run, with the field names of Kubeflow's TrainJob")
        @Nullable TrainerStatus trainerStatus,
    @JsonPropertyDescription("What the run costs, computed before it starts")
        @Nullable PlanStatus plan,
    @JsonPropertyDescription("Where each stage stands, in the order of spec.stages")
        List<StageStatus> stages) {
  public ProgressiveTrainingStatus {
    conditions = conditions == null ? List.of() : List.copyOf(conditions);
    stages = stages == null ? List.of() : List.copyOf(stages);
  }
}
