package dev.sparkling.expander.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sparkling.checkpoint.model.ModelConfiguration;
import dev.sparkling.checkpoint.model.TensorCatalogue;
import dev.sparkling.checkpoint.model.TestModels;
import dev.sparkling.pipeline.spec.model.BaselineSpec;
import dev.sparkling.pipeline.spec.model.ExpansionSpec;
import dev.sparkling.pipeline.spec.model.Initialization;
import dev.sparkling.pipeline.spec.model.MlpShape;
import dev.sparkling.pipeline.spec.model.NormInitialization;
import dev.sparkling.pipeline.spec.model.OptimizerStateStrategy;
import dev.sparkling.pipeline.spec.model.RewarmupSpec;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The models have hidden size 8 and inner size 6. */
class ExpansionPlanTest {

  private static final String LAYER = "model.layers.1.";
  private static final String EXPERT = LAYER + "mlp.experts.2.";

  @Test
  void hiddenExpansionScalesReadersOfTheResidualStreamOnly() {
    Map<String, TensorPlan> tensors = plan(TestModels.moe(false), 16, 6).tensors();
    for (String reader :
        List.of(
            LAYER + "self_attn.q_proj.weight",
            LAYER + "self_attn.k_proj.weight",
            LAYER + "self_attn.v_proj.weight",
            LAYER + "mlp.gate.weight",
            EXPERT + "gate_proj.weight",
            EXPERT + "up_proj.weight",
            "lm_head.weight")) {
      assertPlan(tensors, reader, 0.5, 1);
    }
    assertPlan(tensors, "model.embed_tokens.weight", 1, 1);
    assertPlan(tensors, LAYER + "self_attn.o_proj.weight", 1, 0);
    assertPlan(tensors, EXPERT + "down_proj.weight", 1, 0);
    assertPlan(tensors, "model.norm.weight", 1, 0);
    assertPlan(tensors, LAYER + "input_layernorm.weight", 1, 0);
    assertThat(get(tensors, LAYER + "self_attn.q_norm.weight").newShape()).containsExactly(10L);
  }

  @Test
  void innerExpansionScalesTheDownMatrixOnly() {
    Map<String, TensorPlan> tensors = plan(TestModels.moe(false), 8, 12).tensors();
    assertThat(tensors.values().stream().filter(tensor -> tensor.widening().factor() != 1))
        .hasSize(2 * 3)
        .allMatch(tensor -> tensor.name().endsWith("down_proj.weight"))
        .allMatch(tensor -> tensor.widening().factor() == 0.5);
    assertThat(get(tensors, EXPERT + "up_proj.weight").newShape()).containsExactly(12L, 8L);
    assertThat(get(tensors, EXPERT + "down_proj.weight").newShape()).containsExactly(8L, 12L);
    assertThat(get(tensors, "model.embed_tokens.weight").newShape()).containsExactly(11L, 8L);
  }

  @Test
  void jointExpansionWidensBothAxesOfTheMlp() {
    Map<String, TensorPlan> tensors = plan(TestModels.dense(false), 16, 9).tensors();
    assertThat(get(tensors, LAYER + "mlp.gate_proj.weight").newShape()).containsExactly(9L, 16L);
    assertThat(get(tensors, LAYER + "mlp.gate_proj.weight").widening().factor()).isEqualTo(0.5);
    assertThat(get(tensors, LAYER + "mlp.down_proj.weight").newShape()).containsExactly(16L, 9L);
    assertThat(get(tensors, LAYER + "mlp.down_proj.weight").widening().factor())
        .isEqualTo(1 / Math.sqrt(1 + 3 * 0.5));
  }

  @Test
  void tiedEmbeddingLeavesItsFactorToTheLogits() {
    ExpansionPlan plan = plan(TestModels.moe(true), 16, 6);
    assertPlan(plan.tensors(), "model.embed_tokens.weight", 1, 1);
    assertThat(plan.newModel().logitScale()).isEqualTo(0.5);
    assertThat(plan(plan.newModel(), 32, 6).newModel().logitScale()).isEqualTo(0.25);
    assertThat(plan(TestModels.moe(false), 16, 6).newModel().logitScale()).isEqualTo(1);
    assertThat(plan(TestModels.moe(true), 8, 12).newModel().logitScale()).isEqualTo(1);
  }

  @Test
  void everyMomentWidensWithZerosAndIsNotRescaled() {
    ExpansionPlan plan = plan(TestModels.moe(true), 16, 12);
    int weights = TensorCatalogue.of(TestModels.moe(true)).tensors().size();
    // Two of AdamW and one of Muon.
    assertThat(plan.tensors()).hasSize(4 * weights);
    assertThat(plan.tensors().values())
        .filteredOn(tensor -> !tensor.name().endsWith("weight"))
        .hasSize(3 * weights)
        .allMatch(tensor -> tensor.widening().factor() == 1)
        .allMatch(tensor -> tensor.widening().newRows() == NewEntries.ZERO)
        .allMatch(tensor -> tensor.widening().newColumns() == NewEntries.ZERO);
  }

  /** Paper section 3.2 and App. B: the source of new entries on each side, and the factors. */
  @ParameterizedTest
  @CsvSource({
    "COPY_COPY,COPY,COPY,0.5,0.5",
    "ZERO_COPY,ZERO,COPY,0.7071067811865476,1",
    "RANDOM_COPY,RANDOM,COPY,0.7071067811865476,0.7071067811865476",
    "RANDOM_ZERO,RANDOM,ZERO,0.7071067811865476,0.7071067811865476",
    "RANDOM_RANDOM,RANDOM,RANDOM,0.7071067811865476,0.7071067811865476",
    "NAIVE,COPY,COPY,1,1",
  })
  void initializationDecidesHowEachSideStarts(
      Initialization initialization,
      NewEntries written,
      NewEntries read,
      double hiddenFactor,
      double innerFactor) {
    ExpansionPlan plan =
        plan(TestModels.dense(true), 16, 12, initialization, OptimizerStateStrategy.ASYMMETRIC);
    TensorPlan up = get(plan.tensors(), LAYER + "mlp.up_proj.weight");
    TensorPlan down = get(plan.tensors(), LAYER + "mlp.down_proj.weight");
    TensorPlan embedding = get(plan.tensors(), "model.embed_tokens.weight");
    for (TensorPlan tensor : List.of(up, down)) {
      assertThat(tensor.widening().newRows()).isEqualTo(written);
      assertThat(tensor.widening().newColumns()).isEqualTo(read);
    }
    assertThat(up.widening().factor()).isCloseTo(hiddenFactor, within(1e-15));
    assertThat(down.widening().factor()).isCloseTo(innerFactor, within(1e-15));
    assertThat(embedding.widening().newColumns()).isEqualTo(written);
    assertThat(embedding.widening().factor()).isEqualTo(1);
    // The head is the embedding, so its new columns come from the fan-out side.
    double logitFactor = initialization == Initialization.NAIVE ? 0.5 : hiddenFactor;
    assertThat(plan.newModel().logitScale()).isCloseTo(logitFactor, within(1e-15));
  }

  /** silu(0) = 0: with both at zero, no gradient would ever reach either. */
  @Test
  void zeroCopyCopiesTheGatesNewRowsAndZeroesOnlyThoseOfUp() {
    for (ModelConfiguration model : List.of(TestModels.dense(true), TestModels.moe(true))) {
      String mlp = model.mlp() instanceof MlpShape.DenseShape ? LAYER + "mlp." : EXPERT;
      Map<String, TensorPlan> tensors =
          plan(model, 8, 12, Initialization.ZERO_COPY, OptimizerStateStrategy.ASYMMETRIC).tensors();
      assertThat(get(tensors, mlp + "gate_proj.weight").widening().newRows())
          .isEqualTo(NewEntries.COPY);
      assertThat(get(tensors, mlp + "up_proj.weight").widening().newRows())
          .isEqualTo(NewEntries.ZERO);
      assertThat(get(tensors, mlp + "down_proj.weight").widening())
          .isEqualTo(
              new Widening(
                  NewEntries.ZERO, NewEntries.COPY, 1, new Sharing.Whole(), NewEntries.ZERO));
    }
  }

  @Test
  void beyondTwiceBothSidesCopiedHasAnotherFactor() {
    for (double ratio : new double[] {1.25, 1.5, 2, 2.5, 4}) {
      Map<String, TensorPlan> tensors =
          plan(TestModels.dense(false), (int) (8 * ratio), 6).tensors();
      double c = ratio - 1;
      double expected = ratio <= 2 ? 1 / Math.sqrt(1 + 3 * c) : 1 / (1 + c);
      assertThat(get(tensors, LAYER + "mlp.up_proj.weight").widening().factor())
          .isCloseTo(expected, within(1e-15));
    }
  }

  @Test
  void stateIsKeptScaledCopiedOrDropped() {
    String up = LAYER + "mlp.up_proj.weight";
    assertState(OptimizerStateStrategy.ASYMMETRIC, up + ".exp_avg_sq", 1, NewEntries.ZERO);
    assertState(OptimizerStateStrategy.COPY, up + ".exp_avg_sq", 1, NewEntries.COPY);
    assertState(OptimizerStateStrategy.DROP, up + ".exp_avg", Widening.CLEARED, NewEntries.ZERO);
    assertState(OptimizerStateStrategy.ASYMMETRIC_SCALED, up + ".exp_avg", 0.5, NewEntries.ZERO);
    assertState(
        OptimizerStateStrategy.ASYMMETRIC_SCALED, up + ".exp_avg_sq", 0.25, NewEntries.ZERO);
    assertState(
        OptimizerStateStrategy.ASYMMETRIC_SCALED, up + ".momentum_buffer", 0.5, NewEntries.ZERO);
  }

  private static void assertState(
      OptimizerStateStrategy strategy, String name, double factor, NewEntries newEntries) {
    TensorPlan state =
        get(
            plan(TestModels.dense(true), 16, 12, Initialization.COPY_COPY, strategy).tensors(),
            name);
    assertThat(state.widening().factor()).isEqualTo(factor);
    assertThat(state.widening().newRows()).isEqualTo(newEntries);
    assertThat(state.widening().newColumns()).isEqualTo(newEntries);
  }

  @Test
  void newShapesAreThoseOfTheWiderModel() {
    ExpansionPlan plan = plan(TestModels.moe(false), 20, 7);
    TensorCatalogue.of(plan.newModel())
        .tensors()
        .values()
        .forEach(
            tensor ->
                assertThat(get(plan.tensors(), tensor.name()).newShape())
                    .isEqualTo(tensor.shape()));
  }

  private static ExpansionPlan plan(ModelConfiguration model, int hiddenSize, int innerSize) {
    return plan(
        model, hiddenSize, innerSize, Initialization.COPY_COPY, OptimizerStateStrategy.ASYMMETRIC);
  }

  private static ExpansionPlan plan(
      ModelConfiguration model,
      int hiddenSize,
      int innerSize,
      Initialization initialization,
      OptimizerStateStrategy optimizerState) {
    return ExpansionPlan.of(
        model,
        hiddenSize,
        innerSize,
        new ExpansionSpec(
            hiddenSize,
            innerSize,
            initialization,
            optimizerState,
            NormInitialization.COPY,
            BaselineSpec.DEFAULT,
            new RewarmupSpec(1.3, 250),
            0.05));
  }

  /** The named axis, and no other, is 16 long instead of 8. */
  private static void assertPlan(
      Map<String, TensorPlan> tensors, String name, double factor, int grownAxis) {
    TensorPlan plan = get(tensors, name);
    assertThat(plan.widening().factor()).as(name).isEqualTo(factor);
    for (int i = 0; i < plan.shape().size(); i++) {
      long expected = i == grownAxis ? 16 : plan.shape().get(i);
      assertThat(plan.newShape().get(i)).as(name + " axis " + i).isEqualTo(expected);
    }
  }

  private static TensorPlan get(Map<String, TensorPlan> tensors, String name) {
    TensorPlan plan = tensors.get(name);
    assertThat(plan).as(name).isNotNull();
    return plan;
  }
}
