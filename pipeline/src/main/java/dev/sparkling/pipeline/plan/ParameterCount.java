package dev.sparkling.pipeline.plan;

import static java.lang.Math.addExact;
import static java.lang.Math.multiplyExact;

import dev.sparkling.pipeline.spec.model.MlpShape.ExpertsShape;
import dev.sparkling.pipeline.spec.model.ModelSpec;
import dev.sparkling.pipeline.spec.training.OptimizerType;

/**
 * Number of parameters of a model.
 *
 * @param total all parameters; a tied head counts once
 * @param active parameters used for one token, with {@code expertsPerToken} experts per layer; N in
 *     Eq. 29
 */
public record ParameterCount(long total, long active) {

  /** Counts the entries of the optimizer state. */
  static long optimizerState(ModelSpec model, OptimizerType optimizer) {
    long matrices = layerMatrices(model);
    long others = of(model).total() - matrices;
    return addExact(
        multiplyExact((long) optimizer.forWeight(true).stateTensors().size(), matrices),
        multiplyExact((long) optimizer.forWeight(false).stateTensors().size(), others));
  }

  /** Counts the parameters of matrices inside layers: all but embedding, head and norms. */
  static long layerMatrices(ModelSpec model) {
    long embeddings =
        (model.tiedEmbeddings() ? 1L : 2L) * model.vocabularySize() * model.hiddenSize();
    return of(model).total() - embeddings - norms(model);
  }

  /**
   * Counts the weights of all norms: two and those of queries and keys per layer, and the final
   * one.
   */
  static long norms(ModelSpec model) {
    return model.layers() * 2L * (model.hiddenSize() + model.headDim()) + model.hiddenSize();
  }

  /**
   * Counts the parameters of a model in Hugging Face's Qwen3 or Qwen3-MoE layout.
   *
   * @throws ArithmeticException if 64 bits cannot hold the count
   */
  public static ParameterCount of(ModelSpec model) {
    long hidden = model.hiddenSize();
    long embedding = multiplyExact(model.vocabularySize(), hidden);
    long outside = addExact(multiplyExact(model.tiedEmbeddings() ? 1 : 2, embedding), hidden);

    long queryWidth = multiplyExact((long) model.attentionHeads(), model.headDim());
    long keyValueWidth = multiplyExact((long) model.keyValueHeads(), model.headDim());
    long projections = multiplyExact(2 * hidden, addExact(queryWidth, keyValueWidth));
    long attention = addExact(projections, 2L * model.headDim());
    long norms = 2 * hidden;
    long mlp = multiplyExact(3 * hidden, model.innerSize());

    long router = 0;
    long allMlps = mlp;
    long activeMlps = mlp;
    if (model.mlp() instanceof ExpertsShape shape) {
      router = multiplyExact(hidden, shape.experts());
      allMlps = multiplyExact(mlp, shape.experts());
      activeMlps = multiplyExact(mlp, shape.expertsPerToken());
    }
    long perLayer = addExact(addExact(attention, norms), router);
    long everyToken = addExact(outside, multiplyExact(perLayer, model.layers()));
    return new ParameterCount(
        addExact(everyToken, multiplyExact(allMlps, model.layers())),
        addExact(everyToken, multiplyExact(activeMlps, model.layers())));
  }
}
