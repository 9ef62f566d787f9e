package dev.sparkling.trainer.model.pass;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import dev.sparkling.checkpoint.model.ModelConfiguration;
import dev.sparkling.pipeline.plan.TrainerMemoryContract;
import dev.sparkling.trainer.model.layout.ParameterTree.Attention;
import dev.sparkling.trainer.model.layout.ParameterTree.Dense;
import dev.sparkling.trainer.model.layout.ParameterTree.Experts;
import dev.sparkling.trainer.model.layout.ParameterTree.Layer;
import dev.sparkling.trainer.model.layout.ParameterTree.Mlp;
import dev.sparkling.trainer.model.pass.LayerFunctions.AttentionPlan;
import dev.sparkling.trainer.model.pass.LayerFunctions.Forward;
import dev.sparkling.trainer.model.pass.LayerFunctions.SavedAttention;
import dev.sparkling.trainer.model.pass.LayerFunctions.SavedDenseMlp;
import dev.sparkling.trainer.model.pass.LayerFunctions.SavedExpertsMlp;
import dev.sparkling.trainer.model.pass.LayerFunctions.SavedMlp;
import dev.sparkling.trainer.model.routing.Routing.RouterLossTerms;
import java.util.Optional;

/** Forward and backward passes of single layers. */
final class LayerPasses {

  /**
   * Number of blocks of queries in a sequence, within the limits below. With eight, the scores
   * above the diagonal, which are computed and then masked, are only an eighth as many as those
   * that are needed; the products are still large; and the scores for a few thousand keys stay in a
   * core's cache.
   */
  private static final long BLOCKS = 8;

  private static final long MIN_QUERIES_PER_BLOCK = 32;
  private static final long MAX_QUERIES_PER_BLOCK = 128;

  private final ModelConfiguration model;
  private final LayerFunctions functions;
  private final NDArray cosine;
  private final NDArray sine;

  /**
   * Creates passes for sequences of at most {@code length} tokens.
   *
   * @param manager owner of the rotary embedding's tables
   */
  LayerPasses(ModelConfiguration model, LayerFunctions functions, int length, NDManager manager) {
    this.model = model;
    this.functions = functions;
    RotaryAngles angles = RotaryAngles.of(length, model.headDim(), model.ropeTheta());
    Shape shape = new Shape(length, model.headDim());
    this.cosine = manager.create(angles.cosine(), shape);
    this.sine = manager.create(angles.sine(), shape);
  }

  /**
   * A layer after its forward pass.
   *
   * @param scope owner of everything but the input
   * @param input [T, H]
   * @param middle [T, H] output of attention, input of the MLP
   * @param output [T, H]
   */
  record SavedLayer(
      NDManager scope,
      NDArray input,
      AttentionPlan plan,
      SavedAttention attention,
      NDArray middle,
      SavedMlp mlp,
      NDArray output)
      implements AutoCloseable {

    /** Frees everything but input and output. */
    void keepOutput(NDManager owner) {
      output.attach(owner);
      close();
    }

    @Override
    public void close() {
      scope.close();
    }
  }

  /** Runs a forward pass without saving softmaxes for a backward pass. */
  SavedLayer forward(
      Layer<NDArray> weights, NDArray x, int sequences, Optional<NDArray> mask, NDManager scope) {
    return forward(weights, x, plan(x, sequences, mask, false, scope), scope);
  }

  /**
   * Runs a forward pass that saves what its backward pass reads.
   *
   * @param shards number of micro-batch shards that share the memory for saved softmaxes
   * @param scope owner of the results
   */
  SavedLayer forwardForBackward(
      Layer<NDArray> weights,
      NDArray x,
      int sequences,
      Optional<NDArray> mask,
      int shards,
      NDManager scope) {
    long tokens = x.getShape().get(0);
    boolean keeps =
        TrainerMemoryContract.keepsSoftmax(
            tokens, tokens / sequences, model.attentionHeads(), model.layers(), shards);
    return forward(weights, x, plan(x, sequences, mask, keeps, scope), scope);
  }

  /**
   * Runs the backward pass, which overwrites and frees the saved tensors of the MLP.
   *
   * @param loss losses of the layer's router; empty for a dense model
   * @param dy [T, H] gradient of the output
   * @param beta factor that the previous gradients of matrices are multiplied by: 1 accumulates, 0
   *     overwrites
   * @param results owner of the returned array
   * @return gradient of the input
   */
  NDArray backward(
      Layer<NDArray> weights,
      Layer<NDArray> gradients,
      SavedLayer saved,
      Optional<RouterLossTerms> loss,
      NDArray dy,
      double beta,
      NDManager results) {
    NDArray dMiddle = mlpBackward(weights.mlp(), gradients.mlp(), saved, loss, dy, beta);
    saved.mlp().free();
    return functions.attentionBackward(
        weights.attention(),
        gradients.attention(),
        saved.input(),
        saved.attention(),
        saved.plan(),
        dMiddle,
        beta,
        results);
  }

  private AttentionPlan plan(
      NDArray x, int sequences, Optional<NDArray> mask, boolean keepsSoftmax, NDManager scope) {
    long length = x.getShape().get(0) / sequences;
    long queries = Math.clamp(length / BLOCKS, MIN_QUERIES_PER_BLOCK, MAX_QUERIES_PER_BLOCK);
    return new AttentionPlan(
        firstPositions(cosine, length, scope),
        firstPositions(sine, length, scope),
        mask,
        sequences,
        queries,
        keepsSoftmax);
  }

  private static NDArray firstPositions(NDArray table, long length, NDManager scope) {
    if (table.getShape().get(0) == length) {
      return table;
    }
    NDArray first = table.get(new NDIndex(":{}", length));
    first.attach(scope);
    return first;
  }

  private SavedLayer forward(
      Layer<NDArray> weights, NDArray x, AttentionPlan plan, NDManager scope) {
    Attention<NDArray> attention = weights.attention();
    Forward<SavedAttention> first = functions.attention(attention, x, plan, scope);
    NDArray middle = first.output();
    Forward<? extends SavedMlp> second =
        switch (weights.mlp()) {
          case Dense<NDArray> dense -> functions.dense(dense, middle, scope);
          case Experts<NDArray> experts -> functions.experts(experts, middle, scope);
        };
    return new SavedLayer(scope, x, plan, first.saved(), middle, second.saved(), second.output());
  }

  private NDArray mlpBackward(
      Mlp<NDArray> weights,
      Mlp<NDArray> gradients,
      SavedLayer saved,
      Optional<RouterLossTerms> loss,
      NDArray dy,
      double beta) {
    NDArray x = saved.middle();
    return switch (weights) {
      case Dense<NDArray> dense ->
          functions.denseBackward(
              dense,
              (Dense<NDArray>) gradients,
              x,
              (SavedDenseMlp) saved.mlp(),
              dy,
              beta,
              saved.scope());
      case Experts<NDArray> experts ->
          functions.expertsBackward(
              experts,
              (Experts<NDArray>) gradients,
              x,
              (SavedExpertsMlp) saved.mlp(),
              loss.orElseThrow(),
              dy,
              beta,
              saved.scope());
    };
  }
}
