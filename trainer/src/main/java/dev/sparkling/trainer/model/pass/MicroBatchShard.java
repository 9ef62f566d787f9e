package dev.sparkling.trainer.model.pass;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.sparkling.pipeline.spec.training.Recomputation;
import dev.sparkling.trainer.data.Batch;
import dev.sparkling.trainer.model.layout.ParameterTree;
import dev.sparkling.trainer.model.layout.ParameterTree.Layer;
import dev.sparkling.trainer.model.pass.LayerFunctions.SavedExpertsMlp;
import dev.sparkling.trainer.model.pass.LayerPasses.SavedLayer;
import dev.sparkling.trainer.model.pass.OuterFunctions.LossAndGradient;
import dev.sparkling.trainer.model.routing.Routing;
import dev.sparkling.trainer.model.routing.Routing.RouterLossTerms;
import dev.sparkling.trainer.model.routing.Routing.ShardRouting;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * Forward and backward passes over one shard of each micro-batch, with their own gradients and sums
 * for routing. Not thread-safe.
 */
final class MicroBatchShard {

  private final Transformer transformer;
  private final LayerPasses passes;
  private final OuterFunctions outer;
  private final int shards;
  private final ShardRouting routing;
  private final ParameterTree<NDArray> gradients;

  /** Whether a pass of this step has begun; if so, later passes add to its gradients. */
  private boolean started;

  /**
   * Creates a shard.
   *
   * @param shards number of shards of a micro-batch
   */
  MicroBatchShard(
      Transformer transformer, int shards, ShardRouting routing, ParameterTree<NDArray> gradients) {
    this.transformer = transformer;
    this.passes = transformer.passes();
    this.outer = transformer.outer();
    this.shards = shards;
    this.routing = routing;
    this.gradients = gradients;
  }

  /**
   * The state between a forward pass and its backward pass.
   *
   * @param saved saved layers, last layer first
   * @param beta factor that the previous gradients of matrices are multiplied by: 1 accumulates, 0
   *     overwrites
   * @param scope owner of all arrays
   */
  record ForwardPass(
      Batch batch,
      NDArray tokens,
      Optional<NDArray> mask,
      Deque<SavedLayer> saved,
      LossAndGradient last,
      double beta,
      NDManager scope) {

    NDArray loss() {
      return last.loss();
    }
  }

  void beginStep() {
    started = false;
  }

  /** Returns the sum of the gradients of this step's passes; undefined before the first pass. */
  ParameterTree<NDArray> gradients() {
    return gradients;
  }

  boolean hasStarted() {
    return started;
  }

  /**
   * Runs the forward pass, and the backward pass of the head and the final norm.
   *
   * @param weight weight of one token in the step's loss
   * @param scope owner of the result
   */
  ForwardPass forward(Batch batch, double weight, NDManager scope) {
    ParameterTree<NDArray> weights = transformer.weights();
    NDArray tokens = scope.create(batch.tokens());
    Optional<NDArray> mask = transformer.mask(batch, scope);
    double beta = started ? 1 : 0;
    if (!started) {
      transformer.foreach().zero(accumulatedOnly(gradients));
      started = true;
    }
    routing.beginPass();
    Deque<SavedLayer> saved = new ArrayDeque<>();
    NDArray x = outer.embed(weights.embedding(), tokens, scope);
    for (Layer<NDArray> layer : weights.layers()) {
      NDManager layerScope = scope.newSubManager();
      SavedLayer pass =
          recomputes()
              ? passes.forward(layer, x, batch.sequences(), mask, layerScope)
              : passes.forwardForBackward(layer, x, batch.sequences(), mask, shards, layerScope);
      if (pass.mlp() instanceof SavedExpertsMlp experts) {
        routing.add(
            saved.size(), experts.rows(), experts.probabilities(), experts.logSumExponentials());
      }
      if (recomputes()) {
        pass.keepOutput(scope);
      }
      saved.push(pass);
      x = pass.output();
    }
    LossAndGradient last =
        outer.lossAndGradients(
            weights, gradients, x, scope.create(batch.targets()), weight, beta, scope);
    return new ForwardPass(batch, tokens, mask, saved, last, beta, scope);
  }

  /**
   * Runs the backward pass, after the forward passes of all shards, and frees what was saved.
   *
   * @param allRouting routing of all shards
   * @param passTokens number of tokens of all shards
   * @param weight weight of one token in the step's loss
   */
  void backward(ForwardPass forward, Routing allRouting, int passTokens, double weight) {
    NDManager scope = forward.scope();
    Deque<SavedLayer> saved = forward.saved();
    NDArray dx = forward.last().dx();
    while (!saved.isEmpty()) {
      SavedLayer kept = saved.pop();
      int i = saved.size();
      Layer<NDArray> layer = transformer.weights().layers().get(i);
      Optional<RouterLossTerms> loss =
          layer.mlp() instanceof ParameterTree.Experts<NDArray>
              ? Optional.of(allRouting.lossTerms(i, passTokens, weight))
              : Optional.empty();
      NDArray dy = dx;
      // Memory is freed as early as possible: a layer's output and its gradient here, its
      // activations when the pass is closed.
      if (recomputes()) {
        kept.output().close();
      }
      try (SavedLayer pass = recomputes() ? forwardAgain(layer, kept, forward) : kept) {
        dx =
            passes.backward(
                layer, gradients.layers().get(i), pass, loss, dy, forward.beta(), scope);
      }
      dy.close();
    }
    outer.embedBackward(dx, forward.tokens(), gradients.embedding());
  }

  private SavedLayer forwardAgain(Layer<NDArray> layer, SavedLayer kept, ForwardPass forward) {
    return passes.forwardForBackward(
        layer,
        kept.input(),
        forward.batch().sequences(),
        forward.mask(),
        shards,
        forward.scope().newSubManager());
  }

  private boolean recomputes() {
    return transformer.settings().recomputation() == Recomputation.LAYERS;
  }

  /**
   * Returns the gradients that passes never overwrite: those of norms, routers and an untied
   * embedding.
   */
  private static List<NDArray> accumulatedOnly(ParameterTree<NDArray> gradients) {
    List<NDArray> accumulated = new ArrayList<>();
    accumulated.add(gradients.finalNorm());
    gradients.head().ifPresent(_ -> accumulated.add(gradients.embedding()));
    for (Layer<NDArray> layer : gradients.layers()) {
      ParameterTree.Attention<NDArray> attention = layer.attention();
      accumulated.addAll(List.of(attention.norm(), attention.queryNorm(), attention.keyNorm()));
      switch (layer.mlp()) {
        case ParameterTree.Dense<NDArray> dense -> accumulated.add(dense.norm());
        case ParameterTree.Experts<NDArray> experts ->
            accumulated.addAll(List.of(experts.norm(), experts.router()));
      }
    }
    return accumulated;
  }
}
