package dev.sparkling.trainer.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.sparkling.checkpoint.format.CheckpointReader;
import dev.sparkling.checkpoint.format.FileKind;
import dev.sparkling.checkpoint.format.Moment;
import dev.sparkling.checkpoint.format.TensorSequence;
import dev.sparkling.checkpoint.format.TestTensors;
import dev.sparkling.checkpoint.model.ModelConfiguration;
import dev.sparkling.pipeline.spec.OptimizerSpec;
import dev.sparkling.pipeline.spec.OptimizerType;
import dev.sparkling.pipeline.spec.Precision;
import dev.sparkling.trainer.optim.AdamW;
import dev.sparkling.trainer.optim.GradientGuard;
import dev.sparkling.trainer.optim.Judgement;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/** A model, its gradients and AdamW with the paper's constants, without a run around them. */
final class SmallTraining {

  final ModelState state;
  private final ComputeWeights compute;
  final Weights<NDArray> gradients;
  final Transformer transformer;
  final AdamW optimizer;
  private final GradientGuard guard;
  private final NDManager manager;
  private float norm;

  SmallTraining(
      ModelConfiguration model,
      Transformer.Settings settings,
      double largestNorm,
      NDManager manager) {
    this(model, settings, largestNorm, Precision.FP32, manager);
  }

  SmallTraining(
      ModelConfiguration model,
      Transformer.Settings settings,
      double largestNorm,
      Precision precision,
      NDManager manager) {
    this.manager = manager;
    this.state = ModelState.ofTraining(model, manager);
    this.compute = new ComputeWeights(state.weights(), precision, manager);
    Weights<Parameter> layout = ParameterLayout.of(model);
    this.gradients = ModelState.zeros(layout, manager);
    this.transformer = new Transformer(model, settings, manager);
    this.optimizer =
        new AdamW(
            new OptimizerSpec(OptimizerType.ADAMW, List.of(0.9, 0.95), 1e-8, 0.1),
            states(layout),
            TestTensors.state(model, 0),
            manager);
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
    optimizer.zeroGradients();
    transformer.beginStep();
    int tokens = microBatches.length * microBatches[0].tokens().length;
    try (NDManager scope = manager.newSubManager()) {
      float total = 0;
      for (Batch batch : microBatches) {
        total +=
            transformer
                .lossAndGradients(compute.weights(), gradients, batch, 1.0 / tokens, scope)
                .getFloat();
      }
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

  private List<AdamW.State> states(Weights<Parameter> layout) {
    List<AdamW.State> states = new ArrayList<>();
    Iterator<NDArray> values = state.weights().all().iterator();
    Iterator<NDArray> slopes = gradients.all().iterator();
    Iterator<NDArray> firsts = state.moment(Moment.FIRST).all().iterator();
    Iterator<NDArray> seconds = state.moment(Moment.SECOND).all().iterator();
    for (Parameter parameter : layout.all()) {
      states.add(
          new AdamW.State(parameter, values.next(), slopes.next(), firsts.next(), seconds.next()));
    }
    return states;
  }
}
