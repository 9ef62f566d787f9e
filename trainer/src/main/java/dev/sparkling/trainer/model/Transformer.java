package dev.sparkling.trainer.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import dev.sparkling.checkpoint.model.ModelConfiguration;
import dev.sparkling.pipeline.plan.TrainingMemory;
import dev.sparkling.pipeline.spec.training.BalancingSpec;
import dev.sparkling.pipeline.spec.training.Recomputation;
import dev.sparkling.pipeline.spec.training.TrainingSpec;
import dev.sparkling.trainer.model.LayerPasses.Saved;
import dev.sparkling.trainer.model.Weights.Layer;
import dev.sparkling.trainer.torch.TorchScript;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;

/**
 * Forward passes through a whole model, on weights that the caller owns; {@link GradientPasses} has
 * those with a backward pass. The operators are in transformer.torchscript.
 */
public final class Transformer {

  /** Logits that exist at a time: 32 MiB of floats. */
  private static final long LOGITS_IN_CHUNK = 8L << 20;

  private final ModelConfiguration model;
  private final Settings settings;
  private final NDManager manager;
  private final TorchScript kernels;
  private final LayerPasses passes;
  private final RotaryTables rotary;
  private final long chunk;

  /**
   * How the passes go.
   *
   * @param balancing what is added to the loss of experts' routers
   * @param separator token that ends a document; where it is there, tokens attend to their own
   *     document only
   */
  public record Settings(
      int sequenceLength,
      BalancingSpec balancing,
      Recomputation recomputation,
      OptionalLong separator) {

    /** As a run trains. */
    public static Settings of(TrainingSpec training, long separator) {
      return new Settings(
          training.sequenceLength(),
          training.balancing(),
          training.recomputation(),
          training.documentMasking() ? OptionalLong.of(separator) : OptionalLong.empty());
    }

    /** The language model's loss alone. */
    public static Settings plain(int sequenceLength) {
      return new Settings(
          sequenceLength, BalancingSpec.NONE, Recomputation.NONE, OptionalLong.empty());
    }
  }

  /**
   * Prepares for sequences of one length; only {@link #lastLogits} takes shorter ones.
   *
   * @param manager owns the operators and tables; each pass opens a scope below it
   */
  public Transformer(ModelConfiguration model, Settings settings, NDManager manager) {
    this.model = model;
    this.settings = settings;
    this.manager = manager;
    this.kernels = TorchScript.load(manager, Transformer.class, "transformer.torchscript");
    this.rotary =
        RotaryTables.of(manager, settings.sequenceLength(), model.headDim(), model.ropeTheta());
    this.passes = passes(TrainingMemory.KEPT_ATTENTION);
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
      Consumer<NDArray> measure =
          seen -> meanSquares.add(kernels.call(scope, "mean_square", seen).singletonOrThrow());
      NDArray x = forward(weights, batch, scope, measure);
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
   * What follows one sequence, which may be shorter than the length that this was prepared for.
   *
   * @param tokens one or more
   * @return logits after the last token, [vocabulary]
   */
  public float[] lastLogits(Weights<NDArray> weights, long[] tokens) {
    try (NDManager scope = manager.newSubManager()) {
      NDArray x = forward(weights, new Batch(1, tokens, tokens), scope, _ -> {});
      // The head's product is the largest of a small model: it is left out for all but one
      // position.
      NDArray last = x.get(new NDIndex("{}:", tokens.length - 1));
      last.attach(scope);
      return kernels
          .call(
              scope,
              "logits",
              last,
              weights.finalNorm(),
              weights.headOrEmbedding(),
              model.logitScale(),
              model.rmsNormEpsilon())
          .singletonOrThrow()
          .toFloatArray();
    }
  }

  /**
   * The first layer that makes numbers of a batch that are not finite.
   *
   * @return where they are first, in words; empty where all are finite up to the logits
   */
  public Optional<String> firstNotFinite(Weights<NDArray> weights, Batch batch) {
    try (NDManager scope = manager.newSubManager()) {
      NDArray x = embed(weights, scope.create(batch.tokens()), scope);
      if (!isFinite(x, scope)) {
        return Optional.of("the embedding");
      }
      NDList masks = masks(batch, scope);
      int index = 0;
      for (Layer<NDArray> layer : weights.layers()) {
        Saved pass = passes.forward(layer, x, batch.sequences(), masks, scope.newSubManager());
        if (!isFinite(pass.attention().getFirst(), scope)) {
          return Optional.of("layer " + index + "'s attention");
        }
        if (!isFinite(pass.output(), scope)) {
          return Optional.of("layer " + index + "'s MLP");
        }
        x = pass.output();
        index++;
      }
      return Optional.empty();
    }
  }

  private boolean isFinite(NDArray array, NDManager scope) {
    return kernels.call(scope, "is_finite", array).singletonOrThrow().toBooleanArray()[0];
  }

  /**
   * Passes of single layers.
   *
   * @param keptAttention bytes that attention's weights of all layers may take to be kept
   */
  LayerPasses passes(long keptAttention) {
    return new LayerPasses(model, kernels, rotary, keptAttention);
  }

  ModelConfiguration model() {
    return model;
  }

  Settings settings() {
    return settings;
  }

  TorchScript kernels() {
    return kernels;
  }

  /** Tokens whose logits exist at a time. */
  long chunk() {
    return chunk;
  }

  /** Frees all but a layer's input and output. */
  static Saved forget(Saved pass, NDManager scope) {
    pass.output().attach(scope);
    pass.close();
    return pass;
  }

  /** Shows the residual stream before the first layer and after each. */
  private NDArray forward(
      Weights<NDArray> weights, Batch batch, NDManager scope, Consumer<NDArray> seen) {
    NDArray x = embed(weights, scope.create(batch.tokens()), scope);
    NDList masks = masks(batch, scope);
    seen.accept(x);
    for (Layer<NDArray> layer : weights.layers()) {
      x =
          forget(passes.forward(layer, x, batch.sequences(), masks, scope.newSubManager()), scope)
              .output();
      seen.accept(x);
    }
    return x;
  }

  /** What hides the documents before a token's own: none, or one. */
  NDList masks(Batch batch, NDManager scope) {
    if (settings.separator().isEmpty()) {
      return new NDList();
    }
    long[] documents = batch.documents(settings.separator().getAsLong());
    NDArray array = scope.create(documents, new Shape(batch.sequences(), batch.length()));
    return kernels.call(scope, "document_mask", array);
  }

  NDArray embed(Weights<NDArray> weights, NDArray tokens, NDManager scope) {
    return kernels.call(scope, "embed", weights.embedding(), tokens).singletonOrThrow();
  }
}
