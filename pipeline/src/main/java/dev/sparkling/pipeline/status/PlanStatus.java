package dev.sparkling.pipeline.status;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import java.util.List;

/** What the run costs. */
public record PlanStatus(
    @JsonPropertyDescription("Size of each stage's model") List<StagePlanStatus> stages,
    @JsonPropertyDescription("Floating-point operations of all stages") double flops,
    @JsonPropertyDescription(
            "Share of the compute of training the widest model from scratch that is saved, 0 to 1")
        double flopsSaved) {
  public PlanStatus {
    stages = stages == null ? List.of() : List.copyOf(stages);
  }

  /** Parameters of one stage's model; active ones are those that a token meets. */
  public record StagePlanStatus(
      @JsonPropertyDescription("Name of the stage") String name,
      @JsonPropertyDescription("Parameters of the stage's model") long parameters,
      @JsonPropertyDescription(
              "Parameters that one token meets; fewer than all in a model with experts")
          long activeParameters) {}
}
