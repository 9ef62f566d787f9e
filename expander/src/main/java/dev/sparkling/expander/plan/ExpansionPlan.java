package dev.sparkling.expander.plan;

import dev.sparkling.checkpoint.format.Moment;
import dev.sparkling.checkpoint.model.Axis;
import dev.sparkling.checkpoint.model.CatalogueTensor;
import dev.sparkling.checkpoint.model.ModelConfiguration;
import dev.sparkling.checkpoint.model.TensorCatalogue;
import dev.sparkling.pipeline.spec.model.ExpansionSpec;
import dev.sparkling.pipeline.spec.model.NormInitialization;
import dev.sparkling.pipeline.spec.model.OptimizerStateStrategy;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The plan of an expansion of a model and its optimizer state.
 *
 * @param tensors plans of weights and moments by tensor name
 */
public record ExpansionPlan(
    ModelConfiguration model, ModelConfiguration newModel, Map<String, TensorPlan> tensors) {

  public ExpansionPlan {
    tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
  }

  /**
   * Plans an expansion.
   *
   * @param newHiddenSize new hidden size, at least the model's
   * @param newInnerSize new inner size, at least the model's
   * @param spec settings of the expansion; its widths are ignored
   */
  public static ExpansionPlan of(
      ModelConfiguration model, int newHiddenSize, int newInnerSize, ExpansionSpec spec) {
    if (newHiddenSize < model.hiddenSize() || newInnerSize < model.innerSize()) {
      throw new IllegalArgumentException(
          "widths %d, %d to %d, %d: a width must not shrink"
              .formatted(model.hiddenSize(), model.innerSize(), newHiddenSize, newInnerSize));
    }
    Rule rule = Rule.of(spec.initialization(), spec.baseline());
    WeightPlanner planner =
        new WeightPlanner(newHiddenSize, newInnerSize, rule, newNorms(spec.norms()));
    Map<String, TensorPlan> tensors = new LinkedHashMap<>();
    for (CatalogueTensor tensor : TensorCatalogue.of(model).tensors().values()) {
      TensorPlan weight = planner.plan(tensor);
      tensors.put(weight.name(), weight);
      for (Moment moment : Moment.values()) {
        TensorPlan state = state(weight, moment, spec.optimizerState());
        tensors.put(state.name(), state);
      }
    }
    // A tied matrix is widened as an embedding, so the head's factor is applied to the logits (App.
    // D.1).
    double logitFactor =
        model.tiedEmbeddings() ? rule.logitFactor(model.hiddenSize(), newHiddenSize) : 1;
    return new ExpansionPlan(
        model, model.widened(newHiddenSize, newInnerSize, logitFactor), tensors);
  }

  private static NewEntries newNorms(NormInitialization norms) {
    return switch (norms) {
      case COPY -> NewEntries.COPY;
      case RESAMPLE -> NewEntries.RANDOM;
    };
  }

  /** Plans a state tensor (Eq. 24 and its alternatives). */
  private static TensorPlan state(
      TensorPlan weight, Moment moment, OptimizerStateStrategy strategy) {
    NewEntries newEntries =
        strategy == OptimizerStateStrategy.COPY ? NewEntries.COPY : NewEntries.ZERO;
    double factor =
        switch (strategy) {
          case ASYMMETRIC, COPY -> 1;
          case ASYMMETRIC_SCALED -> Math.pow(weight.widening().factor(), moment.power());
          case DROP -> Widening.CLEARED;
        };
    return new TensorPlan(
        moment.of(weight.name()),
        weight.shape(),
        weight.newShape(),
        Widening.of(newEntries, newEntries, factor));
  }

  private record WeightPlanner(
      int newHiddenSize, int newInnerSize, Rule rule, NewEntries newNorms) {

    TensorPlan plan(CatalogueTensor tensor) {
      List<Long> newShape = new ArrayList<>();
      for (int i = 0; i < tensor.shape().size(); i++) {
        newShape.add(newSize(tensor.axes().get(i), tensor.shape().get(i)));
      }
      return new TensorPlan(tensor.name(), tensor.shape(), newShape, widening(tensor));
    }

    /**
     * Plans a weight: the columns of a matrix or head are fan-in, those of an embedding fan-out.
     */
    private Widening widening(CatalogueTensor tensor) {
      return switch (tensor.role()) {
        case EMBEDDING -> Widening.of(rule.fanOut(), rule.fanOut(), 1);
        case NORM -> Widening.of(rule.fanOut(), newNorms, 1);
        case MATRIX, HEAD -> linear(tensor, rule.fanOut());
        case GATE -> linear(tensor, rule.gateFanOut());
      };
    }

    private Widening linear(CatalogueTensor tensor, NewEntries newRows) {
      Axis axis = tensor.axes().getLast();
      long columns = tensor.shape().getLast();
      double factor = rule.factor(axis, columns, newSize(axis, columns));
      return new Widening(newRows, rule.fanIn(), factor, rule.sharing(), rule.fanOut());
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
