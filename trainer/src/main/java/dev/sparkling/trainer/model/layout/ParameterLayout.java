package dev.sparkling.trainer.model.layout;

import static dev.sparkling.checkpoint.model.Axis.HEADS;
import static dev.sparkling.checkpoint.model.Axis.HIDDEN;
import static dev.sparkling.checkpoint.model.Axis.INNER;
import static dev.sparkling.checkpoint.model.Axis.NONE;

import dev.sparkling.checkpoint.model.Axis;
import dev.sparkling.checkpoint.model.CatalogueTensor;
import dev.sparkling.checkpoint.model.ModelConfiguration;
import dev.sparkling.checkpoint.model.TensorCatalogue;
import dev.sparkling.checkpoint.model.TensorNames;
import dev.sparkling.checkpoint.model.TensorRole;
import dev.sparkling.pipeline.spec.model.MlpShape.DenseShape;
import dev.sparkling.pipeline.spec.model.MlpShape.ExpertsShape;
import dev.sparkling.trainer.model.layout.Parameter.PackedTensor;
import dev.sparkling.trainer.model.layout.ParameterTree.Attention;
import dev.sparkling.trainer.model.layout.ParameterTree.Dense;
import dev.sparkling.trainer.model.layout.ParameterTree.Experts;
import dev.sparkling.trainer.model.layout.ParameterTree.Layer;
import dev.sparkling.trainer.model.layout.ParameterTree.Mlp;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Defines which Hugging Face tensors each parameter packs. */
public final class ParameterLayout {

  private final ModelConfiguration model;
  private final Map<String, CatalogueTensor> tensors;

  private ParameterLayout(ModelConfiguration model) {
    this.model = model;
    this.tensors = TensorCatalogue.of(model).tensors();
  }

  /** Returns the parameters of a model, without values. */
  public static ParameterTree<Parameter> of(ModelConfiguration model) {
    return new ParameterLayout(model).tree();
  }

  private ParameterTree<Parameter> tree() {
    return new ParameterTree<>(
        single(TensorNames.EMBEDDING),
        IntStream.range(0, model.layers()).mapToObj(this::layer).toList(),
        single(TensorNames.FINAL_NORM),
        model.tiedEmbeddings() ? Optional.empty() : Optional.of(single(TensorNames.HEAD)));
  }

  private Layer<Parameter> layer(int layer) {
    return new Layer<>(
        attention(layer),
        switch (model.mlp()) {
          case DenseShape _ -> dense(layer);
          case ExpertsShape shape -> experts(layer, shape);
        });
  }

  private Attention<Parameter> attention(int layer) {
    long rows = (long) (model.attentionHeads() + 2 * model.keyValueHeads()) * model.headDim();
    Parameter queryKeyValue =
        joined(
            "layers." + layer + ".queryKeyValue",
            List.of(rows, (long) model.hiddenSize()),
            List.of(HEADS, HIDDEN),
            Stream.of("q_proj", "k_proj", "v_proj")
                .map(part -> TensorNames.attention(layer, part)));
    return new Attention<>(
        single(TensorNames.inputNorm(layer)),
        queryKeyValue,
        single(TensorNames.attention(layer, "q_norm")),
        single(TensorNames.attention(layer, "k_norm")),
        single(TensorNames.attention(layer, "o_proj")));
  }

  private Mlp<Parameter> dense(int layer) {
    return new Dense<>(
        single(TensorNames.postAttentionNorm(layer)),
        joined(
            "layers." + layer + ".gateUp",
            List.of(2L, (long) model.innerSize(), (long) model.hiddenSize()),
            List.of(NONE, INNER, HIDDEN),
            Stream.of("gate_proj", "up_proj").map(part -> TensorNames.mlp(layer, part))),
        single(TensorNames.mlp(layer, "down_proj")));
  }

  private Mlp<Parameter> experts(int layer, ExpertsShape shape) {
    long experts = shape.experts();
    long inner = model.innerSize();
    long hidden = model.hiddenSize();
    return new Experts<>(
        single(TensorNames.postAttentionNorm(layer)),
        single(TensorNames.router(layer)),
        joined(
            "layers." + layer + ".experts.gateUp",
            List.of(experts, 2L, inner, hidden),
            List.of(NONE, NONE, INNER, HIDDEN),
            IntStream.range(0, shape.experts())
                .boxed()
                .flatMap(
                    expert ->
                        Stream.of("gate_proj", "up_proj")
                            .map(part -> TensorNames.expert(layer, expert, part)))),
        joined(
            "layers." + layer + ".experts.down",
            List.of(experts, hidden, inner),
            List.of(NONE, HIDDEN, INNER),
            IntStream.range(0, shape.experts())
                .mapToObj(expert -> TensorNames.expert(layer, expert, "down_proj"))));
  }

  private Parameter single(String tensor) {
    CatalogueTensor known = catalogued(tensor);
    return new Parameter(
        tensor,
        known.role(),
        known.shape(),
        known.axes(),
        List.of(new PackedTensor(tensor, known.shape(), 0)));
  }

  private Parameter joined(
      String name, List<Long> shape, List<Axis> axes, Stream<String> tensorNames) {
    List<PackedTensor> packedTensors = new ArrayList<>();
    long offset = 0;
    for (String tensor : tensorNames.toList()) {
      PackedTensor packed = new PackedTensor(tensor, catalogued(tensor).shape(), offset);
      packedTensors.add(packed);
      offset += packed.elements();
    }
    return new Parameter(name, TensorRole.MATRIX, shape, axes, packedTensors);
  }

  private CatalogueTensor catalogued(String tensor) {
    return Objects.requireNonNull(tensors.get(tensor), tensor);
  }
}
