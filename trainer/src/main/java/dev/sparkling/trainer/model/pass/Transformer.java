package dev.sparkling.trainer.model.pass;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import dev.sparkling.checkpoint.model.ModelConfiguration;
import dev.sparkling.trainer.data.Batch;
import dev.sparkling.trainer.model.layout.ParameterTree;
import dev.sparkling.trainer.model.layout.ParameterTree.Layer;
import dev.sparkling.trainer.model.pass.LayerPasses.SavedLayer;
import dev.sparkling.trainer.torch.ForeachFunctions;
import dev.sparkling.trainer.torch.TorchScript;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A model that computes losses and logits. The caller owns the weights and may update them between
 * passes. {@link GradientPasses} adds the backward passes.
 */
public final class Transformer {

  private final ModelConfiguration model;
  private final ParameterTree<NDArray> weights;
  private final PassSettings settings;
  private final NDManager manager;
  private final LayerFunctions layerFunctions;
  private final OuterFunctions outer;
  private final ForeachFunctions foreach;
  private final LayerPasses passes;

  /**
   * Creates a model for sequences of one length; only {@link #lastLogits} accepts shorter ones.
   *
   * @param manager owner of the compiled functions and of the rotary embedding's tables; each pass
   *     opens a scope below it
   */
  public Transformer(
      ModelConfiguration model,
      ParameterTree<NDArray> weights,
      PassSettings settings,
      NDManager manager) {
    this.model = model;
    this.weights = weights;
    this.settings = settings;
    this.manager = manager;
    TorchScript script = TorchScript.load(manager, Transformer.class, "transformer.torchscript");
    this.layerFunctions = new LayerFunctions(script, model);
    this.outer = new OuterFunctions(script, model);
    this.foreach = ForeachFunctions.load(manager);
    this.passes = new LayerPasses(model, layerFunctions, settings.sequenceLength(), manager);
  }

  /**
   * Statistics of a forward pass.
   *
   * @param loss cross-entropy of the targets in nats, summed over the batch's tokens
   * @param meanSquares mean square of the residual stream, [T, H], after the embedding and after
   *     each layer
   */
  public record ForwardStatistics(double loss, List<Double> meanSquares) {
    public ForwardStatistics {
      meanSquares = List.copyOf(meanSquares);
    }
  }

  /**
   * Computes the loss, and the mean square of the residual stream after the embedding and after
   * each layer.
   */
  public ForwardStatistics measure(Batch batch) {
    try (NDManager scope = manager.newSubManager()) {
      List<NDArray> meanSquares = new ArrayList<>();
      NDArray x = forward(batch, scope, seen -> meanSquares.add(outer.meanSquare(seen, scope)));
      NDArray loss = outer.loss(weights, x, scope.create(batch.targets()), scope);
      return new ForwardStatistics(
          loss.getFloat(), meanSquares.stream().map(mean -> (double) mean.getFloat()).toList());
    }
  }

  /**
   * Computes the logits of every position.
   *
   * @param results owner of the result
   * @return [tokens, vocabulary]
   */
  public NDArray logits(Batch batch, NDManager results) {
    try (NDManager scope = manager.newSubManager()) {
      return outer.logits(weights, forward(batch, scope, _ -> {}), results);
    }
  }

  /**
   * Computes the logits for the token that follows a sequence, which may be shorter than the length
   * that the transformer was created for.
   *
   * @param tokens tokens of the sequence, at least one
   * @return [vocabulary]
   */
  public float[] lastLogits(long[] tokens) {
    try (NDManager scope = manager.newSubManager()) {
      NDArray x = forward(new Batch(1, tokens, tokens), scope, _ -> {});
      // Only the last position passes through the head, whose product is the largest one in a small
      // model.
      NDArray last = x.get(new NDIndex("{}:", tokens.length - 1));
      last.attach(scope);
      return outer.logits(weights, last, scope).toFloatArray();
    }
  }

  /**
   * Finds the first part of the model whose output is not finite.
   *
   * @return its name, such as {@code layer 3's MLP}; empty if everything before the logits is
   *     finite
   */
  public Optional<String> firstNotFinite(Batch batch) {
    try (NDManager scope = manager.newSubManager()) {
      NDArray x = outer.embed(weights.embedding(), scope.create(batch.tokens()), scope);
      if (!outer.isFinite(x, scope)) {
        return Optional.of("the embedding");
      }
      Optional<NDArray> mask = mask(batch, scope);
      int index = 0;
      for (Layer<NDArray> layer : weights.layers()) {
        SavedLayer pass = passes.forward(layer, x, batch.sequences(), mask, scope.newSubManager());
        if (!outer.isFinite(pass.middle(), scope)) {
          return Optional.of("layer " + index + "'s attention");
        }
        if (!outer.isFinite(pass.output(), scope)) {
          return Optional.of("layer " + index + "'s MLP");
        }
        pass.keepOutput(scope);
        x = pass.output();
        index++;
      }
      return Optional.empty();
    }
  }

  /**
   * Runs all layers.
   *
   * @param seen consumer of the residual stream before the first layer and after each layer
   */
  private NDArray forward(Batch batch, NDManager scope, Consumer<NDArray> seen) {
    NDArray x = outer.embed(weights.embedding(), scope.create(batch.tokens()), scope);
    Optional<NDArray> mask = mask(batch, scope);
    seen.accept(x);
    for (Layer<NDArray> layer : weights.layers()) {
      SavedLayer pass = passes.forward(layer, x, batch.sequences(), mask, scope.newSubManager());
      pass.keepOutput(scope);
      x.close();
      x = pass.output();
      seen.accept(x);
    }
    return x;
  }

  /** Returns the mask that hides earlier documents, if the settings enable it. */
  Optional<NDArray> mask(Batch batch, NDManager scope) {
    if (settings.separator().isEmpty()) {
      return Optional.empty();
    }
    long[] documents = batch.documents(settings.separator().getAsLong());
    NDArray array = scope.create(documents, new Shape(batch.sequences(), batch.length()));
    return Optional.of(layerFunctions.documentMask(array, scope));
  }

  ModelConfiguration model() {
    return model;
  }

  ParameterTree<NDArray> weights() {
    return weights;
  }

  PassSettings settings() {
    return settings;
  }

  LayerPasses passes() {
    return passes;
  }

  OuterFunctions outer() {
    return outer;
  }

  ForeachFunctions foreach() {
    return foreach;
  }
}
