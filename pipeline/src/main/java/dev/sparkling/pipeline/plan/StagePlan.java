package dev.sparkling.pipeline.plan;

import dev.sparkling.pipeline.layout.RunLayout;
import dev.sparkling.pipeline.spec.model.ExpansionSpec;
import dev.sparkling.pipeline.spec.model.ModelSpec;
import org.jspecify.annotations.Nullable;

/**
 * One stage, in steps of the whole run: it starts from the weights of step {@code firstStep} and is
 * complete with the checkpoint of step {@code lastStep}.
 *
 * @param expansion expansion before the stage; null for the first stage and for the control, which
 *     continues the last checkpoint of the first stage
 * @param model shape of the model in the stage
 * @param flops 6 * active parameters * tokens (Eq. 29)
 * @param checkpointBytes size of an fp32 checkpoint with optimizer state, without file headers
 * @param memory memory that its trainer needs
 */
public record StagePlan(
    int index,
    String name,
    @Nullable ExpansionSpec expansion,
    ModelSpec model,
    long firstStep,
    long lastStep,
    long tokens,
    ParameterCount parameters,
    double flops,
    long checkpointBytes,
    TrainingMemory memory) {

  /** Whether this is the control of {@link RunPlan#control}, which no resource lists. */
  public boolean isControl() {
    return name.equals(RunLayout.CONTROL);
  }

  public long steps() {
    return lastStep - firstStep;
  }
}
