package dev.sparkling.expander.plan;

import dev.sparkling.checkpoint.format.Moment;
import dev.sparkling.checkpoint.model.Axis;
import dev.sparkling.checkpoint.model.CatalogueTensor;
import dev.sparkling.checkpoint.model.ModelConfiguration;
import dev.sparkling.checkpoint.model.TensorCatalogue;
import dev.sparkling.pipeline.spec.Initialization;
import dev.sparkling.pipeline.spec.OptimizerStateStrategy;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What an expansion does to a model and to its optimizer's state.
 *
 * @param tensors by name: weights and moments
 */
public record ExpansionPlan(
    ModelConfiguration model, ModelConfiguration newModel, Map<String, TensorPlan> tensors) {

  public ExpansionPlan {
    tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
  }

  /**
   * Plans an expansion.
   *
   * @param newHiddenSize at least the model's
   * @param newInnerSize at least the model's
   */
  public static ExpansionPlan of(
      ModelConfiguration model,
      int newHiddenSize,
      int newInnerSize,
      Initialization initialization,
      OptimizerStateStrategy optimizerState) {
    if (initialization != Initialization.COPY_COPY
        || optimizerState != OptimizerStateStrategy.ASYMMETRIC) {
      throw new IllegalArgumentException(
          initialization + ", " + optimizerState + " are not available in this version");
    }
    if (newHiddenSize < model.hiddenSize() || newInnerSize < model.innerSize()) {
      throw new IllegalArgumentException(
          "widths %d, %d to %d, %d shrink"
              .formatted(model.hiddenSize(), model.innerSize(), newHiddenSize, newInnerSize));
    }
    Widths widths = new Widths(model, newHiddenSize, newInnerSize);
    Map<String, TensorPlan> tensors = new LinkedHashMap<>();
    for (CatalogueTensor tensor : TensorCatalogue.of(model).tensors().values()) {
      List<Long> newShape = widths.newShape(tensor);
      tensors.put(
          tensor.name(),
          new TensorPlan(
              tensor.name(), tensor.shape(), newShape, NewEntries.COPY, widths.factor(tensor)));
      for (Moment moment : Moment.values()) {
        // Eq. 24: S' = [S, 0], and S is not rescaled.
        String name = moment.of(tensor.name());
        tensors.put(name, new TensorPlan(name, tensor.shape(), newShape, NewEntries.ZERO, 1));
      }
    }
    // App. D.1: a tied matrix widens as an embedding, so the head's factor goes to the logits.
    double logitFactor =
        model.tiedEmbeddings() ? Factors.fanInBothCopied(model.hiddenSize(), newHiddenSize) : 1;
    return new ExpansionPlan(
        model, model.widened(newHiddenSize, newInnerSize, logitFactor), tensors);
  }

  private record Widths(ModelConfiguration model, int newHiddenSize, int newInnerSize) {

    List<Long> newShape(CatalogueTensor tensor) {
      List<Long> shape = new ArrayList<>();
      for (int i = 0; i < tensor.shape().size(); i++) {
        shape.add(newSize(tensor.axes().get(i), tensor.shape().get(i)));
      }
      return shape;
    }

    /** Only a matrix or head reads along its columns; an embedding's columns are outputs. */
    double factor(CatalogueTensor tensor) {
      return switch (tensor.role()) {
        case EMBEDDING, NORM -> 1;
        case MATRIX, HEAD -> {
          long width = tensor.shape().get(1);
          yield Factors.fanInBothCopied(width, newSize(tensor.axes().get(1), width));
        }
      };
    }

    private long newSize(Axis axis, long size) {
      return switch (axis) {
        case HIDDEN -> newHiddenSize;
        case INNER -> newInnerSize;
        case VOCABULARY, HEADS, NONE -> size;
      };
    }
  }
}
