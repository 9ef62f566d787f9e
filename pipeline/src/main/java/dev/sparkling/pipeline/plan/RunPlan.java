package dev.sparkling.pipeline.plan;

import dev.sparkling.pipeline.layout.RunLayout;
import dev.sparkling.pipeline.spec.ProgressiveTrainingSpec;
import dev.sparkling.pipeline.spec.StageSpec;
import dev.sparkling.pipeline.spec.model.ExpansionSpec;
import dev.sparkling.pipeline.spec.model.ModelSpec;
import dev.sparkling.pipeline.spec.training.OptimizerType;
import dev.sparkling.pipeline.spec.training.TrainingSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The stages of a run, with their steps and costs.
 *
 * @param tokensPerStep number of tokens of one optimizer step
 * @param warmupSteps number of warm-up steps of the run's learning rate schedule
 * @param warnings one sentence each, about token budgets that were rounded and settings with an
 *     unexpected effect
 */
public record RunPlan(
    List<StagePlan> stages, long tokensPerStep, long warmupSteps, List<String> warnings) {

  /** FLOPs per parameter and token: two in the forward pass, four in the backward pass (Eq. 29). */
  private static final double FLOPS_PER_PARAMETER_AND_TOKEN = 6;

  public RunPlan {
    stages = List.copyOf(stages);
    warnings = List.copyOf(warnings);
  }

  /** Plans a validated spec. */
  public static RunPlan of(ProgressiveTrainingSpec spec) {
    long tokensPerStep = spec.training().tokensPerStep();
    List<StagePlan> stages = new ArrayList<>();
    List<String> warnings = new ArrayList<>();
    ModelSpec model = spec.model();
    long step = 0;
    for (int i = 0; i < spec.stages().size(); i++) {
      StageSpec stage = spec.stages().get(i);
      long steps = wholeSteps(i, stage.tokens(), tokensPerStep, warnings);
      warnings.addAll(expansionWarnings(i, stage.expansion(), model, spec.training()));
      model = model.widened(stage.expansion());
      ParameterCount parameters = ParameterCount.of(model);
      long tokens = Math.multiplyExact(steps, tokensPerStep);
      stages.add(
          new StagePlan(
              i,
              stage.name(),
              stage.expansion(),
              model,
              step,
              step + steps,
              tokens,
              parameters,
              FLOPS_PER_PARAMETER_AND_TOKEN * parameters.active() * tokens,
              checkpointBytes(model, spec.training().optimizer().type()),
              TrainingMemory.of(model, spec.training())));
      step = Math.addExact(step, steps);
    }
    long warmupSteps = Math.round(spec.training().learningRate().warmupFraction() * step);
    return new RunPlan(stages, tokensPerStep, warmupSteps, warnings);
  }

  /**
   * Returns the plan of the control: the first stage, then the same model trained to the end of
   * this run, for comparison. A run of one stage is its own control.
   */
  public RunPlan control() {
    if (stages.size() == 1) {
      return this;
    }
    StagePlan narrow = stages.getFirst();
    long tokens = totalTokens() - narrow.tokens();
    StagePlan control =
        new StagePlan(
            1,
            RunLayout.CONTROL,
            null,
            narrow.model(),
            narrow.lastStep(),
            totalSteps(),
            tokens,
            narrow.parameters(),
            FLOPS_PER_PARAMETER_AND_TOKEN * narrow.parameters().active() * tokens,
            narrow.checkpointBytes(),
            narrow.memory());
    return new RunPlan(List.of(narrow, control), tokensPerStep, warmupSteps, List.of());
  }

  public long totalSteps() {
    return stages.getLast().lastStep();
  }

  public long totalTokens() {
    return Math.multiplyExact(totalSteps(), tokensPerStep);
  }

  public double flops() {
    return stages.stream().mapToDouble(StagePlan::flops).sum();
  }

  /** Returns the FLOPs of training the widest model on all tokens. */
  public double flopsFromScratch() {
    return FLOPS_PER_PARAMETER_AND_TOKEN * stages.getLast().parameters().active() * totalTokens();
  }

  /** Returns the fraction of FLOPs saved, {@code 1 - C / C_scratch}, 0 to 1 (Eq. 29). */
  public double flopsSaved() {
    return 1 - flops() / flopsFromScratch();
  }

  /** Returns the stage with a name. */
  public StagePlan stage(String name) {
    return stages.stream()
        .filter(stage -> stage.name().equals(name))
        .findFirst()
        .orElseThrow(
            () -> new IllegalArgumentException("no stage " + name + " among " + stageNames()));
  }

  public List<String> stageNames() {
    return stages.stream().map(StagePlan::name).toList();
  }

  /** Bytes of weights and optimizer state. */
  private static long checkpointBytes(ModelSpec model, OptimizerType optimizer) {
    long weights = ParameterCount.of(model).total();
    long state = ParameterCount.optimizerState(model, optimizer);
    return Math.multiplyExact((long) Float.BYTES, Math.addExact(weights, state));
  }

  private static List<String> expansionWarnings(
      int stage, @Nullable ExpansionSpec expansion, ModelSpec before, TrainingSpec training) {
    if (expansion == null) {
      return List.of();
    }
    return ExpansionWarnings.of(
            expansion, before.hiddenSize(), before.innerSize(), training.learningRate().schedule())
        .stream()
        .map(warning -> "spec.stages[%d].expansion.%s".formatted(stage, warning))
        .toList();
  }

  private static long wholeSteps(
      int stage, long tokens, long tokensPerStep, List<String> warnings) {
    long steps = Math.max(1, Math.round((double) tokens / tokensPerStep));
    if (steps * tokensPerStep != tokens) {
      warnings.add(
          String.format(
              Locale.ROOT,
              "spec.stages[%d].tokens: %d is %.2f steps of %d tokens; rounded to %d steps, %d tokens",
              stage,
              tokens,
              (double) tokens / tokensPerStep,
              tokensPerStep,
              steps,
              steps * tokensPerStep));
    }
    return steps;
  }
}
