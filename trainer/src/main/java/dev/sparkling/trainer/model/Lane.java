package dev.sparkling.trainer.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import dev.sparkling.pipeline.spec.training.Recomputation;
import dev.sparkling.trainer.model.LayerPasses.RouterLoss;
import dev.sparkling.trainer.model.LayerPasses.Saved;
import dev.sparkling.trainer.model.Weights.Layer;
import dev.sparkling.trainer.torch.TorchScript;
import java.util.ArrayDeque;
import java.util.Deque;

/** Passes over one share of each micro-batch, with gradients and counts of its own. */
final class Lane {

  private final Transformer transformer;
  private final TorchScript kernels;
  private final LayerPasses passes;
  private final Routing.Share routing;
  private final Weights<NDArray> gradients;

  /** Whether the step has had a pass, whose gradients the next ones add to. */
  private boolean begun;

  Lane(
      Transformer transformer,
      LayerPasses passes,
      Routing.Share routing,
      Weights<NDArray> gradients) {
    this.transformer = transformer;
    this.kernels = transformer.kernels();
    this.passes = passes;
    this.routing = routing;
    this.gradients = gradients;
  }

  /**
   * What a forward pass leaves for its backward pass.
   *
   * @param saved of each layer, the last one first
   * @param result the loss, and its gradient by the output of the last layer
   * @param carried 1, or 0 where what the gradients of matrices hold is written over
   * @param scope owns all of it
   */
  record Forward(
      Batch batch,
      NDArray tokens,
      NDList masks,
      Deque<Saved> saved,
      NDList result,
      double carried,
      NDManager scope) {

    NDArray loss() {
      return result.get(0);
    }
  }

  void beginStep() {
    begun = false;
  }

  /** What the passes of this step have made; undefined where it has had none. */
  Weights<NDArray> gradients() {
    return gradients;
  }

  boolean hasBegun() {
    return begun;
  }

  /**
   * The forward pass; adds the head's gradients already.
   *
   * @param weight of one token in the step's loss
   * @param scope owns what comes back
   */
  Forward forward(Weights<NDArray> weights, Batch batch, double weight, NDManager scope) {
    NDArray tokens = scope.create(batch.tokens());
    NDList masks = transformer.masks(batch, scope);
    double carried = begun ? 1 : 0;
    if (!begun) {
      kernels.call(scope, "zero", notWrittenOver(gradients));
      begun = true;
    }
    routing.beginPass();
    Deque<Saved> saved = new ArrayDeque<>();
    NDArray x = transformer.embed(weights, tokens, scope);
    for (Layer<NDArray> layer : weights.layers()) {
      Saved pass = passes.forward(layer, x, batch.sequences(), masks, scope.newSubManager());
      routing.add(saved.size(), pass.mlp());
      saved.push(recomputes() ? Transformer.forget(pass, scope) : pass);
      x = pass.output();
    }
    NDList result = lossOfLast(weights, x, batch, weight, carried, scope);
    return new Forward(batch, tokens, masks, saved, result, carried, scope);
  }

  /**
   * The backward pass, once the forward passes of all lanes are done; frees what was saved.
   *
   * @param tokensOfPass of all lanes
   */
  void backward(
      Weights<NDArray> weights, Forward forward, Routing ofAll, int tokensOfPass, double weight) {
    NDManager scope = forward.scope();
    Deque<Saved> saved = forward.saved();
    NDArray dx = forward.result().get(1);
    while (!saved.isEmpty()) {
      Saved kept = saved.pop();
      int i = saved.size();
      Layer<NDArray> layer = weights.layers().get(i);
      // The layer's activations and its output's gradient are used up after this: freed here.
      try (Saved pass =
          recomputes()
              ? passes.forward(
                  layer,
                  kept.input(),
                  forward.batch().sequences(),
                  forward.masks(),
                  scope.newSubManager())
              : kept) {
        RouterLoss routerLoss = ofAll.loss(i, tokensOfPass, weight);
        Layer<NDArray> gradient = gradients.layers().get(i);
        dx =
            passes.backward(
                layer, gradient, pass, dx, forward.masks(), routerLoss, forward.carried(), scope);
      }
    }
    kernels.call(scope, "embed_backward", dx, forward.tokens(), gradients.embedding());
  }

  private boolean recomputes() {
    return transformer.settings().recomputation() == Recomputation.LAYERS;
  }

  private NDList lossOfLast(
      Weights<NDArray> weights,
      NDArray x,
      Batch batch,
      double weight,
      double carried,
      NDManager scope) {
    return kernels.call(
        scope,
        "loss_and_gradients",
        x,
        scope.create(batch.targets()),
        weights.finalNorm(),
        weights.headOrEmbedding(),
        transformer.model().logitScale(),
        transformer.model().rmsNormEpsilon(),
        transformer.chunk(),
        weight,
        carried,
        new NDList(gradients.finalNorm(), gradients.headOrEmbedding()));
  }

  /** Gradients to which passes only ever add: of norms, routers and a table that is no head. */
  private static NDList notWrittenOver(Weights<NDArray> gradients) {
    NDList added = new NDList(gradients.finalNorm());
    gradients.head().ifPresent(_ -> added.add(gradients.embedding()));
    for (Layer<NDArray> layer : gradients.layers()) {
      Weights.Attention<NDArray> attention = layer.attention();
      added.addAll(new NDList(attention.norm(), attention.queryNorm(), attention.keyNorm()));
      switch (layer.mlp()) {
        case Weights.Dense<NDArray> dense -> added.add(dense.norm());
        case Weights.Experts<NDArray> experts ->
            added.addAll(new NDList(experts.norm(), experts.router()));
      }
    }
    return added;
  }
}
