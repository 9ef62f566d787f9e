package dev.sparkling.checkpoint.model;

import static dev.sparkling.checkpoint.model.Axis.HEADS;
import static dev.sparkling.checkpoint.model.Axis.HIDDEN;
import static dev.sparkling.checkpoint.model.Axis.INNER;
import static dev.sparkling.checkpoint.model.Axis.NONE;
import static dev.sparkling.checkpoint.model.Axis.VOCABULARY;

import dev.sparkling.pipeline.spec.model.MlpShape.DenseShape;
import dev.sparkling.pipeline.spec.model.MlpShape.ExpertsShape;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Lists all tensors of a model, in the order in which they are written. Source: Hugging Face's
 * modeling_qwen3.py and modeling_qwen3_moe.py; {@code nn.Linear} weights are {@code [out, in]}.
 */
public final class TensorCatalogue {

  private final ModelConfiguration model;
  private final Map<String, CatalogueTensor> tensors = new LinkedHashMap<>();

  private TensorCatalogue(ModelConfiguration model) {
    this.model = model;
  }

  public static TensorCatalogue of(ModelConfiguration model) {
    TensorCatalogue catalogue = new TensorCatalogue(model);
    catalogue.fill();
    return catalogue;
  }

  /** Returns the tensors by name, in order. */
  public Map<String, CatalogueTensor> tensors() {
    return Collections.unmodifiableMap(tensors);
  }

  private void fill() {
    add(TensorNames.EMBEDDING, TensorRole.EMBEDDING, VOCABULARY, HIDDEN);
    for (int layer = 0; layer < model.layers(); layer++) {
      fillLayer(layer);
    }
    add(TensorNames.FINAL_NORM, TensorRole.NORM, HIDDEN);
    if (!model.tiedEmbeddings()) {
      add(TensorNames.HEAD, TensorRole.HEAD, VOCABULARY, HIDDEN);
    }
  }

  private void fillLayer(int layer) {
    long queries = (long) model.attentionHeads() * model.headDim();
    long keyValues = (long) model.keyValueHeads() * model.headDim();
    long hidden = model.hiddenSize();
    add(TensorNames.inputNorm(layer), TensorRole.NORM, HIDDEN);
    matrix(TensorNames.attention(layer, "q_proj"), HEADS, queries, HIDDEN, hidden);
    matrix(TensorNames.attention(layer, "k_proj"), HEADS, keyValues, HIDDEN, hidden);
    matrix(TensorNames.attention(layer, "v_proj"), HEADS, keyValues, HIDDEN, hidden);
    matrix(TensorNames.attention(layer, "o_proj"), HIDDEN, hidden, HEADS, queries);
    headNorm(TensorNames.attention(layer, "q_norm"));
    headNorm(TensorNames.attention(layer, "k_norm"));
    add(TensorNames.postAttentionNorm(layer), TensorRole.NORM, HIDDEN);
    switch (model.mlp()) {
      case DenseShape _ -> {
        add(TensorNames.mlp(layer, "gate_proj"), TensorRole.GATE, INNER, HIDDEN);
        add(TensorNames.mlp(layer, "up_proj"), TensorRole.MATRIX, INNER, HIDDEN);
        add(TensorNames.mlp(layer, "down_proj"), TensorRole.MATRIX, HIDDEN, INNER);
      }
      case ExpertsShape shape -> {
        matrix(TensorNames.router(layer), NONE, shape.experts(), HIDDEN, hidden);
        for (int expert = 0; expert < shape.experts(); expert++) {
          add(TensorNames.expert(layer, expert, "gate_proj"), TensorRole.GATE, INNER, HIDDEN);
          add(TensorNames.expert(layer, expert, "up_proj"), TensorRole.MATRIX, INNER, HIDDEN);
          add(TensorNames.expert(layer, expert, "down_proj"), TensorRole.MATRIX, HIDDEN, INNER);
        }
      }
    }
  }

  private void add(String name, TensorRole role, Axis... axes) {
    List<Long> shape = new ArrayList<>();
    for (Axis axis : axes) {
      shape.add(
          switch (axis) {
            case HIDDEN -> (long) model.hiddenSize();
            case INNER -> (long) model.innerSize();
            case VOCABULARY -> (long) model.vocabularySize();
            case HEADS, NONE ->
                throw new IllegalArgumentException(axis + " has a different size in each tensor");
          });
    }
    tensors.put(name, new CatalogueTensor(name, role, List.of(axes), shape));
  }

  private void matrix(String name, Axis rows, long rowCount, Axis columns, long columnCount) {
    tensors.put(
        name,
        new CatalogueTensor(
            name, TensorRole.MATRIX, List.of(rows, columns), List.of(rowCount, columnCount)));
  }

  private void headNorm(String name) {
    tensors.put(
        name,
        new CatalogueTensor(name, TensorRole.NORM, List.of(NONE), List.of((long) model.headDim())));
  }
}
