package dev.sparkling.trainer.model.layout;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * The tree of a model's parameters, which holds a {@code T} for each: its description, value or
 * gradient. Dimensions in shapes: V vocabulary size, H hidden size, D head dimension, Q query
 * heads, K key/value heads, E experts, I inner size.
 *
 * @param embedding [V, H]
 * @param finalNorm [H]
 * @param head [V, H]; empty if the embedding is also the head
 */
public record ParameterTree<T>(T embedding, List<Layer<T>> layers, T finalNorm, Optional<T> head) {

  public ParameterTree {
    layers = List.copyOf(layers);
  }

  /** A transformer layer. */
  public record Layer<T>(Attention<T> attention, Mlp<T> mlp) {}

  /**
   * The attention half of a layer.
   *
   * @param norm [H]
   * @param queryKeyValue [(Q + 2K) * D, H]: query rows, then key rows, then value rows
   * @param queryNorm [D]
   * @param keyNorm [D]
   * @param output [H, Q * D]
   */
  public record Attention<T>(T norm, T queryKeyValue, T queryNorm, T keyNorm, T output) {}

  /** The MLP half of a layer. */
  public sealed interface Mlp<T> {}

  /**
   * A dense MLP.
   *
   * @param norm [H]
   * @param gateUp [2, I, H]: gate, then up
   * @param down [H, I]
   */
  public record Dense<T>(T norm, T gateUp, T down) implements Mlp<T> {}

  /**
   * A mixture of experts: MLPs of which a router chooses some for each token.
   *
   * @param norm [H]
   * @param router [E, H]
   * @param gateUp [E, 2, I, H]
   * @param down [E, H, I]
   */
  public record Experts<T>(T norm, T router, T gateUp, T down) implements Mlp<T> {}

  /**
   * Applies a function to what the tree holds for each parameter, in a fixed order: embedding,
   * layers, final norm, head.
   */
  public <R> ParameterTree<R> map(Function<T, R> function) {
    return new ParameterTree<>(
        function.apply(embedding),
        layers.stream().map(layer -> map(layer, function)).toList(),
        function.apply(finalNorm),
        head.map(function));
  }

  /** Returns what the tree holds for each parameter, in the order of {@link #map}. */
  public List<T> all() {
    List<T> all = new ArrayList<>();
    map(
        parameter -> {
          all.add(parameter);
          return parameter;
        });
    return all;
  }

  /** Returns the head, which is the embedding if they are tied. */
  public T headOrEmbedding() {
    return head.orElse(embedding);
  }

  private static <T, R> Layer<R> map(Layer<T> layer, Function<T, R> function) {
    Attention<T> a = layer.attention();
    Attention<R> attention =
        new Attention<>(
            function.apply(a.norm()),
            function.apply(a.queryKeyValue()),
            function.apply(a.queryNorm()),
            function.apply(a.keyNorm()),
            function.apply(a.output()));
    return new Layer<>(
        attention,
        switch (layer.mlp()) {
          case Dense<T> m ->
              new Dense<>(
                  function.apply(m.norm()), function.apply(m.gateUp()), function.apply(m.down()));
          case Experts<T> m ->
              new Experts<>(
                  function.apply(m.norm()),
                  function.apply(m.router()),
                  function.apply(m.gateUp()),
                  function.apply(m.down()));
        });
  }
}
