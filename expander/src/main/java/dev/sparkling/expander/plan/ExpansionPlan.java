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
import org.jspecify.annotations.Nullable;

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
   * @param spec whose widths do not matter here
   */
  public static ExpansionPlan of(
      ModelConfiguration model, int newHiddenSize, int newInnerSize, ExpansionSpec spec) {
    if (newHiddenSize < model.hiddenSize() || newInnerSize < model.innerSize()) {
      throw new IllegalArgumentException(
          "widths %d, %d to %d, %d shrink"
              .formatted(model.hiddenSize(), model.innerSize(), newHiddenSize, newInnerSize));
    }
    Rule rule = Rule.of(spec.initialization(), spec.baseline());
    Widths widths = new Widths(model, newHiddenSize, newInnerSize);
    Map<String, TensorPlan> tensors = new LinkedHashMap<>();
    for (CatalogueTensor tensor : TensorCatalogue.of(model).tensors().values()) {
      TensorPlan weight = widths.plan(tensor, rule, spec.norms());
      tensors.put(weight.name(), weight);
      for (Moment moment : Moment.values()) {
        TensorPlan state = state(weight, moment, spec.optimizerState());
        tensors.put(state.name(), state);
      }
    }
    // App. D.1: a tied matrix widens as an embedding, so the head's factor goes to the logits.
    double logitFactor =
        model.tiedEmbeddings() ? rule.logitFactor(model.hiddenSize(), newHiddenSize) : 1;
    return new ExpansionPlan(
        model, model.widened(newHiddenSize, newInnerSize, logitFactor), tensors);
  }

  /** Eq. 24 and its alternatives. */
  private static TensorPlan state(
      TensorPlan weight, Moment moment, OptimizerStateStrategy strategy) {
    NewEntries newEntries =
        strategy == OptimizerStateStrategy.COPY ? NewEntries.COPY : NewEntries.ZERO;
    double factor =
        switch (strategy) {
          case ASYMMETRIC, COPY -> 1;
          case ASYMMETRIC_SCALED -> Math.pow(weight.factor(), moment.power());
          case DROP -> TensorPlan.CLEARED;
        };
    return new TensorPlan(
        moment.of(weight.name()),
        weight.shape(),
        weight.newShape(),
        newEntries,
        newEntries,
        factor,
        new Sharing.None(),
        null);
  }

  private record Widths(ModelConfiguration model, int newHiddenSize, int newInnerSize) {

    /** Columns of a matrix or head are what it reads; those of an embedding are what it writes. */
    TensorPlan plan(CatalogueTensor tensor, Rule rule, NormInitialization norms) {
      long columns = tensor.shape().getLast();
      long newColumns = newSize(tensor.axes().getLast(), columns);
      return switch (tensor.role()) {
        case EMBEDDING -> plan(tensor, rule.written(), 1, new Sharing.None(), rule, null);
        case NORM ->
            plan(
                tensor,
                switch (norms) {
                  case COPY -> NewEntries.COPY;
                  case RESAMPLE -> NewEntries.RANDOM;
                },
                1,
                new Sharing.None(),
                rule,
                null);
        case MATRIX, HEAD ->
            plan(
                tensor,
                rule.read(),
                rule.factor(columns, newColumns),
                rule.sharing(),
                rule,
                rule.written());
      };
    }

    private TensorPlan plan(
        CatalogueTensor tensor,
        NewEntries newColumns,
        double factor,
        Sharing sharing,
        Rule rule,
        @Nullable NewEntries newInputs) {
      List<Long> newShape = new ArrayList<>();
      for (int i = 0; i < tensor.shape().size(); i++) {
        newShape.add(newSize(tensor.axes().get(i), tensor.shape().get(i)));
      }
      return new TensorPlan(
          tensor.name(),
          tensor.shape(),
          newShape,
          rule.written(),
          newColumns,
          factor,
          sharing,
          newInputs);
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
