package dev.sparkling.trainer.step;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.sparkling.checkpoint.format.TrainerState;
import dev.sparkling.checkpoint.model.ModelConfiguration;
import dev.sparkling.checkpoint.run.Metrics;
import dev.sparkling.pipeline.spec.training.TrainingSpec;
import dev.sparkling.trainer.data.Batch;
import dev.sparkling.trainer.model.layout.Parameter;
import dev.sparkling.trainer.model.layout.ParameterLayout;
import dev.sparkling.trainer.model.layout.ParameterTree;
import dev.sparkling.trainer.model.pass.GradientPasses;
import dev.sparkling.trainer.model.pass.PassSettings;
import dev.sparkling.trainer.model.pass.Transformer;
import dev.sparkling.trainer.model.state.ComputeWeights;
import dev.sparkling.trainer.model.state.ModelState;
import dev.sparkling.trainer.optim.GradientGuard;
import dev.sparkling.trainer.optim.Optimizer;
import dev.sparkling.trainer.optim.UpdateDecision;
import dev.sparkling.trainer.torch.ForeachFunctions;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Runs optimizer steps: passes over the micro-batches, the clip-and-skip decision, the optimizer's
 * update, and the refresh of the weights that the passes read.
 */
public final class TrainingStep implements AutoCloseable {

  private final List<Parameter> parameters;
  private final ParameterTree<NDArray> gradients;
  private final ComputeWeights compute;
  private final Transformer transformer;
  private final GradientPasses passes;
  private final GradientGuard guard;
  private final Optimizer optimizer;
  private final NDManager manager;

  /**
   * Allocates what the steps of a stage need.
   *
   * @param values weights and moments, which each step updates
   * @param separator token that ends a document in the training data
   * @param state defines the parameters' blocks
   * @param threads number of threads of each operation
   * @param manager owner of everything that outlives a step; each step opens a scope below it
   */
  public TrainingStep(
      ModelConfiguration model,
      ModelState values,
      TrainingSpec training,
      long separator,
      TrainerState state,
      int threads,
      NDManager manager) {
    ParameterTree<Parameter> layout = ParameterLayout.of(model);
    this.parameters = layout.all();
    this.gradients = ModelState.zeros(layout, manager);
    this.compute = new ComputeWeights(values.weights(), training.precision(), manager);
    this.transformer =
        new Transformer(model, compute.weights(), PassSettings.of(training, separator), manager);
    this.passes = new GradientPasses(transformer, gradients, threads, manager);
    this.guard =
        new GradientGuard(training.gradientClipping(), parameters, gradients.all(), state, manager);
    this.optimizer =
        Optimizer.of(training.optimizer(), values.parameters(gradients), state, manager);
    this.manager = manager;
  }

  /** Restores the guard's windows from the earlier steps of the stage, in order. */
  public void restore(List<Metrics.Step> steps) {
    guard.restore(steps);
  }

  /**
   * Runs a step.
   *
   * @param step number of the step, counted from 1 over the whole run
   * @param rates learning rate of each block
   * @param tokens number of tokens of all micro-batches together
   * @param microBatches sequences of the step, in micro-batches
   */
  public StepResult run(long step, List<Double> rates, long tokens, Iterable<Batch> microBatches) {
    try (NDManager scope = manager.newSubManager()) {
      NDArray loss = accumulateGradients(microBatches, tokens, scope);
      UpdateDecision decision = guard.decide(loss, scope);
      optimizer.update(step, rates, decision);
      compute.refresh();
      return measure(loss, decision);
    }
  }

  /** Runs the passes, which accumulate the gradients of the mean loss, and returns that loss. */
  private NDArray accumulateGradients(Iterable<Batch> microBatches, long tokens, NDManager scope) {
    NDArray total = scope.create(0f);
    passes.beginStep();
    for (Batch batch : microBatches) {
      total.addi(passes.lossAndGradients(batch, 1.0 / tokens, scope));
    }
    passes.endStep();
    return total.divi(tokens);
  }

  /** Reads the results, which waits for the device. */
  private StepResult measure(NDArray loss, UpdateDecision decision) {
    return new StepResult(
        loss.getFloat(),
        decision.norm().getFloat(),
        decision.blockNorms().stream().map(norm -> (double) norm.getFloat()).toList(),
        decision.skipped(),
        passes.routing().measure());
  }

  /** Returns the model with the weights after the last update. */
  public Transformer transformer() {
    return transformer;
  }

  /**
   * Returns the norms of all parameters and of the last step's gradients, by name, in the model's
   * order.
   */
  public Map<String, ParameterNorms> norms() {
    try (NDManager scope = manager.newSubManager()) {
      ForeachFunctions functions = ForeachFunctions.load(scope);
      float[] weightNorms = functions.norms(compute.weights().all(), scope);
      float[] gradientNorms = functions.norms(gradients.all(), scope);
      Map<String, ParameterNorms> norms = new LinkedHashMap<>();
      for (int i = 0; i < parameters.size(); i++) {
        norms.put(parameters.get(i).name(), new ParameterNorms(weightNorms[i], gradientNorms[i]));
      }
      return norms;
    }
  }

  @Override
  public void close() {
    passes.close();
  }
}
