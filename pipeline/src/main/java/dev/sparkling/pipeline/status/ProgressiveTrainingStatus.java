package dev.sparkling.pipeline.status;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** The status subresource. */
public record ProgressiveTrainingStatus(
    @JsonPropertyDescription("Generation of the resource that this status reflects.")
        @Nullable Long observedGeneration,
    @JsonPropertyDescription(
            "Phase of the run: Pending, Queued, Training, Expanding, Held, Suspended, Succeeded or Failed. The last two are final, but a failed run can be tried again.")
        @Nullable Phase phase,
    @JsonPropertyDescription(
            "Name of the first stage that is not complete, or of the last stage if all are.")
        @Nullable String currentStage,
    @JsonPropertyDescription("Columns of kubectl get, as text.") @Nullable SummaryStatus summary,
    @JsonPropertyDescription("Conditions of the run: Ready, Progressing, Complete and Failed.")
        List<Condition> conditions,
    @JsonPropertyDescription(
            "Progress of the whole run, with the field names of Kubeflow's TrainJob.")
        @Nullable TrainerStatus trainerStatus,
    @JsonPropertyDescription("Cost of the run, computed before it starts.")
        @Nullable PlanStatus plan,
    @JsonPropertyDescription("Status of each stage, in the order of spec.stages.")
        List<StageStatus> stages,
    @JsonPropertyDescription(
            "Last value of the annotation sparkling.dev/retry that the operator has acted on.")
        @Nullable String retry) {
  public ProgressiveTrainingStatus {
    conditions = conditions == null ? List.of() : List.copyOf(conditions);
    stages = stages == null ? List.of() : List.copyOf(stages);
  }

  /**
   * Whether a stage begins or ends to be held between another status and this one.
   *
   * @param before an earlier status; null if there is none
   */
  public boolean changesHolds(@Nullable ProgressiveTrainingStatus before) {
    return IntStream.range(0, stages.size())
        .anyMatch(
            stage -> (holdOf(stage) == null) != (before == null || before.holdOf(stage) == null));
  }

  /** Returns what a stage waits for; null if it is not held. */
  public @Nullable HoldStatus holdOf(int stage) {
    return stage < stages.size() ? stages.get(stage).hold() : null;
  }
}
