package dev.sparkling.trainer.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * One thing for each parameter of a model: its description, its value, its gradient, a moment.
 * Shapes: V vocabulary, H hidden, D head dimension, Q query heads, K key/value heads, E experts, I
 * inner.
 *
 * @param embedding [V, H]
 * @param finalNorm [H]
 * @param head [V, H]; empty where the embedding is the head too
 */
public record Weights<T>(T embedding, List<Layer<T>> layers, T finalNorm, Optional<T> head) {

  public Weights {
    layers = List.copyOf(layers);
  }

  /** A transformer block. */
  public record Layer<T>(Attention<T> attention, Mlp<T> mlp) {}

  /**
   * The first half of a block.
   *
   * @param norm [H]
   * @param queryKeyValue [(Q + 2K) * D, H]: query rows, then key rows, then value rows
   * @param queryNorm [D]
   * @param keyNorm [D]
   * @param output [H, Q * D]
   */
  public record Attention<T>(T norm, T queryKeyValue, T queryNorm, T keyNorm, T output) {}

  /** The second half of a block. */
  public sealed interface Mlp<T> {}

  /**
   * One MLP.
   *
   * @param norm [H]
   * @param gateUp [2, I, H]: gate, then up
   * @param down [H, I]
   */
  public record Dense<T>(T norm, T gateUp, T down) implements Mlp<T> {}

  /**
   * Many MLPs of which each token meets a few.
   *
   * @param norm [H]
   * @param router [E, H]
   * @param gateUp [E, 2, I, H]
   * @param down [E, H, I]
   */
  public record Experts<T>(T norm, T router, T gateUp, T down) implements Mlp<T> {}

  /** Something else for each parameter. */
  public <R> Weights<R> map(Function<T, R> to) {
    return new Weights<>(
        to.apply(embedding),
        layers.stream().map(layer -> map(layer, to)).toList(),
        to.apply(finalNorm),
        head.map(to));
  }

  /** All of them, in the model's order. */
  public List<T> all() {
    List<T> all = new ArrayList<>();
    map(
        parameter -> {
          all.add(parameter);
          return parameter;
        });
    return all;
  }

  /** The output head's, which is the embedding's where they are tied. */
  public T headOrEmbedding() {
    return head.orElse(embedding);
  }

  private static <T, R> Layer<R> map(Layer<T> layer, Function<T, R> to) {
    Attention<T> a = layer.attention();
    Attention<R> attention =
        new Attention<>(
            to.apply(a.norm()),
            to.apply(a.queryKeyValue()),
            to.apply(a.queryNorm()),
            to.apply(a.keyNorm()),
            to.apply(a.output()));
    return new Layer<>(
        attention,
        switch (layer.mlp()) {
          case Dense<T> m ->
              new Dense<>(to.apply(m.norm()), to.apply(m.gateUp()), to.apply(m.down()));
          case Experts<T> m ->
              new Experts<>(
                  to.apply(m.norm()),
                  to.apply(m.router()),
                  to.apply(m.gateUp()),
                  to.apply(m.down()));
        });
  }
}
