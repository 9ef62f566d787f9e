package dev.sparkling.trainer.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import dev.sparkling.checkpoint.model.ModelConfiguration;
import dev.sparkling.trainer.model.Weights.Attention;
import dev.sparkling.trainer.model.Weights.Dense;
import dev.sparkling.trainer.model.Weights.Experts;
import dev.sparkling.trainer.model.Weights.Layer;
import dev.sparkling.trainer.model.Weights.Mlp;
import dev.sparkling.trainer.torch.TorchScript;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * The passes through a whole model, on weights that the caller owns. The operators are in
 * transformer.torchscript.
 */
public final class Transformer {

  /** Logits that exist at a time: 32 MiB of floats. */
  private static final long LOGITS_IN_CHUNK = 8L << 20;

  private final ModelConfiguration model;
  private final NDManager manager;
  private final TorchScript kernels;
  private final RotaryTables rotary;
  private final long chunk;

  /**
   * Prepares for sequences of one length.
   *
   * @param manager owns the operators and tables; each pass opens a scope below it
   */
  public Transformer(ModelConfiguration model, int sequenceLength, NDManager manager) {
    this.model = model;
    this.manager = manager;
    this.kernels = TorchScript.load(manager, Transformer.class, "transformer.torchscript");
    this.rotary = RotaryTables.of(manager, sequenceLength, model.headDim(), model.ropeTheta());
    this.chunk = Math.max(1, LOGITS_IN_CHUNK / model.vocabularySize());
  }

  /** Cross-entropy of the targets in nats, summed over the batch's tokens. */
  public double loss(Weights<NDArray> weights, Batch batch) {
    return measure(weights, batch).loss();
  }

  /**
   * What a forward pass shows.
   *
   * @param loss cross-entropy of the targets in nats, summed over the batch's tokens
   * @param meanSquares of the residual stream: of the embedding, and after each layer
   */
  public record Measured(double loss, List<Double> meanSquares) {
    public Measured {
      meanSquares = List.copyOf(meanSquares);
    }
  }

  /** The loss, and how large the residual stream is on its way. */
  public Measured measure(Weights<NDArray> weights, Batch batch) {
    try (NDManager scope = manager.newSubManager()) {
      List<NDArray> meanSquares = new ArrayList<>();
      NDArray x = forward(weights, batch, scope, seen -> meanSquares.add(seen.square().mean()));
      NDArray loss =
          kernels
              .call(
                  scope,
                  "loss",
                  x,
                  scope.create(batch.targets()),
                  weights.finalNorm(),
                  weights.headOrEmbedding(),
                  model.logitScale(),
                  model.rmsNormEpsilon(),
                  chunk)
              .singletonOrThrow();
      return new Measured(
          loss.getFloat(), meanSquares.stream().map(mean -> (double) mean.getFloat()).toList());
    }
  }

  /** Logits of every position, [tokens, vocabulary]; {@code results} owns them. */
  public NDArray logits(Weights<NDArray> weights, Batch batch, NDManager results) {
    try (NDManager scope = manager.newSubManager()) {
      NDArray x = forward(weights, batch, scope, _ -> {});
      return kernels
          .call(
              results,
              "logits",
              x,
              weights.finalNorm(),
              weights.headOrEmbedding(),
              model.logitScale(),
              model.rmsNormEpsilon())
          .singletonOrThrow();
    }
  }

  /**
   * The loss as {@link #loss}; adds its gradients, times {@code weight}, to {@code gradients}. A
   * weight of 1 over all tokens of a step makes them the gradients of the step's mean loss.
   */
  public double lossAndGradients(
      Weights<NDArray> weights, Weights<NDArray> gradients, Batch batch, double weight) {
    try (NDManager scope = manager.newSubManager()) {
      NDArray tokens = scope.create(batch.tokens());
      NDArray x = embed(weights, tokens, scope);
      List<SavedLayer> saved = new ArrayList<>();
      for (Layer<NDArray> layer : weights.layers()) {
        NDManager layerScope = scope.newSubManager();
        NDList attention = attention(layer.attention(), x, batch, layerScope);
        NDList mlp = mlp(layer.mlp(), attention.getFirst(), layerScope);
        saved.add(new SavedLayer(layerScope, x, attention, mlp));
        x = mlp.getFirst();
      }

      NDList result =
          kernels.call(
              scope,
              "loss_and_gradients",
              x,
              scope.create(batch.targets()),
              weights.finalNorm(),
              weights.headOrEmbedding(),
              model.logitScale(),
              model.rmsNormEpsilon(),
              chunk,
              weight,
              new NDList(gradients.finalNorm(), gradients.headOrEmbedding()));

      NDArray dx = result.get(1);
      for (int i = saved.size() - 1; i >= 0; i--) {
        dx = backward(weights.layers().get(i), gradients.layers().get(i), saved.get(i), dx, scope);
        // The layer's activations and its output's gradient are used up: free them now.
        saved.get(i).scope().close();
      }
      kernels.call(scope, "embed_backward", dx, tokens, gradients.embedding());
      return result.get(0).getFloat();
    }
  }

  /** What a layer's backward pass needs; {@code scope} owns all but the input. */
  private record SavedLayer(NDManager scope, NDArray input, NDList attention, NDList mlp) {}

  /** Shows the residual stream before the first layer and after each. */
  private NDArray forward(
      Weights<NDArray> weights, Batch batch, NDManager scope, Consumer<NDArray> seen) {
    NDArray x = embed(weights, scope.create(batch.tokens()), scope);
    seen.accept(x);
    for (Layer<NDArray> layer : weights.layers()) {
      try (NDManager layerScope = scope.newSubManager()) {
        NDList attention = attention(layer.attention(), x, batch, layerScope);
        x = mlp(layer.mlp(), attention.getFirst(), layerScope).getFirst();
        x.attach(scope);
      }
      seen.accept(x);
    }
    return x;
  }

  private NDArray embed(Weights<NDArray> weights, NDArray tokens, NDManager scope) {
    return kernels.call(scope, "embed", weights.embedding(), tokens).singletonOrThrow();
  }

  private NDList attention(Attention<NDArray> weights, NDArray x, Batch batch, NDManager scope) {
    return kernels.call(
        scope,
        "attention",
        x,
        weights.norm(),
        weights.queryKeyValue(),
        weights.queryNorm(),
        weights.keyNorm(),
        weights.output(),
        rotary.cosine(),
        rotary.sine(),
        batch.sequences(),
        model.keyValueHeads(),
        model.rmsNormEpsilon());
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
              model.expertsPerToken(),
              model.normalizeTopK(),
              model.rmsNormEpsilon());
    };
  }

  private NDArray backward(
      Layer<NDArray> weights,
      Layer<NDArray> gradients,
      SavedLayer saved,
      NDArray dy,
      NDManager scope) {
    NDArray middle = saved.attention().getFirst();
    NDArray dMiddle =
        mlpBackward(weights.mlp(), gradients.mlp(), middle, saved.mlp(), dy, saved.scope());
    Attention<NDArray> a = weights.attention();
    Attention<NDArray> d = gradients.attention();
    return kernels
        .call(
            scope,
            "attention_backward",
            dMiddle,
            saved.input(),
            saved.attention(),
            a.norm(),
            a.queryKeyValue(),
            a.queryNorm(),
            a.keyNorm(),
            a.output(),
            rotary.cosine(),
            rotary.sine(),
            new NDList(d.norm(), d.queryKeyValue(), d.queryNorm(), d.keyNorm(), d.output()))
        .singletonOrThrow();
  }

  private NDArray mlpBackward(
      Mlp<NDArray> weights,
      Mlp<NDArray> gradients,
      NDArray x,
      NDList saved,
      NDArray dy,
      NDManager scope) {
    NDList result =
        switch (weights) {
          case Dense<NDArray> dense -> {
            Dense<NDArray> d = (Dense<NDArray>) gradients;
            yield kernels.call(
                scope,
                "dense_backward",
                dy,
                x,
                saved,
                dense.norm(),
                dense.gateUp(),
                dense.down(),
                new NDList(d.norm(), d.gateUp(), d.down()));
          }
          case Experts<NDArray> experts -> {
            Experts<NDArray> d = (Experts<NDArray>) gradients;
            yield kernels.call(
                scope,
                "experts_backward",
                dy,
                x,
                saved,
                experts.norm(),
                experts.router(),
                experts.gateUp(),
                experts.down(),
                model.normalizeTopK(),
                new NDList(d.norm(), d.router(), d.gateUp(), d.down()));
          }
        };
    return result.singletonOrThrow();
  }
}
