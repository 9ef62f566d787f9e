package dev.sparkling.trainer.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import dev.sparkling.checkpoint.model.ModelConfiguration;
import dev.sparkling.pipeline.spec.model.MlpShape.ExpertsShape;
import dev.sparkling.trainer.model.Weights.Attention;
import dev.sparkling.trainer.model.Weights.Dense;
import dev.sparkling.trainer.model.Weights.Experts;
import dev.sparkling.trainer.model.Weights.Layer;
import dev.sparkling.trainer.model.Weights.Mlp;
import dev.sparkling.trainer.torch.TorchScript;

/** Forward and backward passes of one layer, by the operators of transformer.torchscript. */
final class LayerPasses {

  /**
   * Queries whose scores are computed together are an eighth of a sequence, between these: the
   * triangles that are computed in vain are then an eighth of what is needed, the products are
   * large enough, and the scores stay in a core's cache for some thousand keys.
   */
  private static final long LEAST_QUERIES_IN_BLOCK = 32;

  private static final long MOST_QUERIES_IN_BLOCK = 128;
  private static final long BLOCKS = 8;

  private final ModelConfiguration model;
  private final TorchScript kernels;
  private final RotaryTables rotary;
  private final long keptAttention;

  LayerPasses(
      ModelConfiguration model, TorchScript kernels, RotaryTables rotary, long keptAttention) {
    this.model = model;
    this.kernels = kernels;
    this.rotary = rotary;
    this.keptAttention = keptAttention;
  }

  /**
   * What the router's loss adds to the gradients of a layer.
   *
   * @param loads rows of each expert; none for a dense model
   * @param balancing factor of load times probability
   * @param z factor of the squares of the logits' logarithmic sum
   */
  record RouterLoss(NDList loads, double balancing, double z) {}

  /**
   * What a layer's forward pass leaves for its backward pass. The first array of each list is its
   * output.
   *
   * @param scope owns all but the input
   */
  record Saved(NDManager scope, NDArray input, RotaryTables positions, NDList attention, NDList mlp)
      implements AutoCloseable {

    NDArray output() {
      return mlp.getFirst();
    }

    @Override
    public void close() {
      scope.close();
    }
  }

  /**
   * The forward pass.
   *
   * @param masks of documents: none or one
   * @param scope owns what comes back
   */
  Saved forward(Layer<NDArray> weights, NDArray x, int sequences, NDList masks, NDManager scope) {
    RotaryTables positions = rotary.upTo(x.getShape().get(0) / sequences, scope);
    Attention<NDArray> a = weights.attention();
    NDList attention =
        kernels.call(
            scope,
            "attention",
            x,
            a.norm(),
            a.queryKeyValue(),
            a.queryNorm(),
            a.keyNorm(),
            a.output(),
            positions.cosine(),
            positions.sine(),
            masks,
            sequences,
            model.keyValueHeads(),
            queriesInBlock(positions.length()),
            keepsWeights(x.getShape().get(0), sequences),
            model.rmsNormEpsilon());
    return new Saved(
        scope, x, positions, attention, mlp(weights.mlp(), attention.getFirst(), scope));
  }

  /**
   * Adds to the gradients; returns the input's, which {@code results} owns.
   *
   * @param carried 1, or 0 where what the gradients of matrices hold is written over
   */
  NDArray backward(
      Layer<NDArray> weights,
      Layer<NDArray> gradients,
      Saved saved,
      NDArray dy,
      NDList masks,
      RouterLoss routerLoss,
      double carried,
      NDManager results) {
    NDArray dMiddle = mlpBackward(weights.mlp(), gradients.mlp(), saved, dy, routerLoss, carried);
    Attention<NDArray> a = weights.attention();
    Attention<NDArray> d = gradients.attention();
    return kernels
        .call(
            results,
            "attention_backward",
            dMiddle,
            saved.input(),
            saved.attention(),
            a.norm(),
            a.queryKeyValue(),
            a.queryNorm(),
            a.keyNorm(),
            a.output(),
            saved.positions().cosine(),
            saved.positions().sine(),
            masks,
            queriesInBlock(saved.positions().length()),
            carried,
            new NDList(d.norm(), d.queryKeyValue(), d.queryNorm(), d.keyNorm(), d.output()))
        .singletonOrThrow();
  }

  private static long queriesInBlock(long length) {
    return Math.clamp(length / BLOCKS, LEAST_QUERIES_IN_BLOCK, MOST_QUERIES_IN_BLOCK);
  }

  private boolean keepsWeights(long tokens, int sequences) {
    long length = tokens / sequences;
    double scores = (double) tokens * length * model.attentionHeads();
    return scores * model.layers() * Float.BYTES <= keptAttention;
  }

  private NDList mlp(Mlp<NDArray> mlp, NDArray x, NDManager scope) {
    return switch (mlp) {
      case Dense<NDArray> dense ->
          kernels.call(
              scope,
              "dense",
              x,
              dense.norm(),
              dense.gateUp(),
              dense.down(),
              model.rmsNormEpsilon());
      case Experts<NDArray> experts ->
          kernels.call(
              scope,
              "experts",
              x,
              experts.norm(),
              experts.router(),
              experts.gateUp(),
              experts.down(),
              shape().expertsPerToken(),
              shape().normalizeTopK(),
              model.rmsNormEpsilon());
    };
  }

  private NDArray mlpBackward(
      Mlp<NDArray> weights,
      Mlp<NDArray> gradients,
      Saved saved,
      NDArray dy,
      RouterLoss routerLoss,
      double carried) {
    NDArray x = saved.attention().getFirst();
    NDList result =
        switch (weights) {
          case Dense<NDArray> dense -> {
            Dense<NDArray> d = (Dense<NDArray>) gradients;
            yield kernels.call(
                saved.scope(),
                "dense_backward",
                dy,
                x,
                saved.mlp(),
                dense.norm(),
                dense.gateUp(),
                dense.down(),
                carried,
                new NDList(d.norm(), d.gateUp(), d.down()));
          }
          case Experts<NDArray> experts -> {
            Experts<NDArray> d = (Experts<NDArray>) gradients;
            yield kernels.call(
                saved.scope(),
                "experts_backward",
                dy,
                x,
                saved.mlp(),
                experts.norm(),
                experts.router(),
                experts.gateUp(),
                experts.down(),
                shape().normalizeTopK(),
                routerLoss.loads().singletonOrThrow(),
                routerLoss.balancing(),
                routerLoss.z(),
                carried,
                new NDList(d.norm(), d.router(), d.gateUp(), d.down()));
          }
        };
    return result.singletonOrThrow();
  }

  private ExpertsShape shape() {
    return (ExpertsShape) model.mlp();
  }
}
