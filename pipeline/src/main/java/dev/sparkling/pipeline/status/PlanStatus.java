package dev.sparkling.pipeline.status;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import java.util.List;

/** The cost of the run. */
public record PlanStatus(
    @JsonPropertyDescription("Model size of each stage.") List<StagePlanStatus> stages,
    @JsonPropertyDescription("Floating-point operations of all stages.") double flops,
    @JsonPropertyDescription(
            "Fraction of compute saved, 0 to 1, compared with training the widest model from scratch.")
        double flopsSaved) {
  public PlanStatus {
    stages = stages == null ? List.of() : List.copyOf(stages);
  }

  /** The size of one stage's model. */
  public record StagePlanStatus(
      @JsonPropertyDescription("Name of the stage.") String name,
      @JsonPropertyDescription("Number of parameters of the stage's model.") long parameters,
      @JsonPropertyDescription(
              "Number of parameters that are active for a token; fewer than all in a model with experts.")
          long activeParameters) {}
}
