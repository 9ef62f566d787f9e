package dev.sparkling.trainer.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.sparkling.checkpoint.format.CheckpointReader;
import dev.sparkling.checkpoint.format.FileKind;
import dev.sparkling.checkpoint.format.TensorSequence;
import dev.sparkling.checkpoint.format.TestTensors;
import dev.sparkling.checkpoint.model.ModelConfiguration;
import dev.sparkling.pipeline.spec.training.OptimizerSpec;
import dev.sparkling.pipeline.spec.training.OptimizerType;
import dev.sparkling.pipeline.spec.training.Precision;
import dev.sparkling.trainer.TestTorch;
import dev.sparkling.trainer.optim.GradientGuard;
import dev.sparkling.trainer.optim.Judgement;
import dev.sparkling.trainer.optim.Optimizer;
import java.util.List;

/** A model, its gradients and an optimizer, without a run around them. */
final class SmallTraining {

  /** The paper's. */
  static final OptimizerSpec ADAMW =
      new OptimizerSpec(OptimizerType.ADAMW, List.of(0.9, 0.95), 1e-8, 0.1, 0.95);

  final ModelState state;
  private final ComputeWeights compute;
  final Weights<NDArray> gradients;
  final Transformer transformer;
  final GradientPasses passes;
  private final Optimizer optimizer;
  private final GradientGuard guard;
  private final NDManager manager;
  private float norm;

  SmallTraining(
      ModelConfiguration model,
      Transformer.Settings settings,
      double largestNorm,
      NDManager manager) {
    this(model, settings, largestNorm, Precision.FP32, ADAMW, manager);
  }

  SmallTraining(
      ModelConfiguration model,
      Transformer.Settings settings,
      double largestNorm,
      Precision precision,
      OptimizerSpec optimizer,
      NDManager manager) {
    this.manager = manager;
    this.state = ModelState.ofTraining(model, optimizer.type(), manager);
    this.compute = new ComputeWeights(state.weights(), precision, manager);
    Weights<Parameter> layout = ParameterLayout.of(model);
    this.gradients = ModelState.zeros(layout, manager);
    this.transformer = new Transformer(model, settings, manager);
    this.passes = new GradientPasses(transformer, gradients, TestTorch.THREADS, manager);
    this.optimizer =
        Optimizer.of(optimizer, state.parameters(gradients), TestTensors.state(model, 0), manager);
    this.guard =
        new GradientGuard(
            largestNorm, layout.all(), gradients.all(), TestTensors.state(model, 0), manager);
  }

  SmallTraining load(CheckpointReader reader) {
    try (TensorSequence tensors = reader.read(FileKind.MODEL)) {
      state.load(tensors, reader.location());
    }
    compute.refresh();
    return this;
  }

  /** The mean loss before an optimizer step, in nats a token. */
  float step(long step, double rate, Batch... microBatches) {
    passes.beginStep();
    int tokens = microBatches.length * microBatches[0].tokens().length;
    try (NDManager scope = manager.newSubManager()) {
      float total = 0;
      for (Batch batch : microBatches) {
        total += passes.lossAndGradients(compute.weights(), batch, 1.0 / tokens, scope).getFloat();
      }
      passes.endStep();
      NDArray loss = scope.create(total / tokens);
      Judgement judgement = guard.judge(loss, scope);
      optimizer.update(step, List.of(rate), judgement);
      compute.refresh();
      norm = judgement.norm().getFloat();
      return loss.getFloat();
    }
  }

  /** Of the last step's gradients, before clipping. */
  float norm() {
    return norm;
  }
}
