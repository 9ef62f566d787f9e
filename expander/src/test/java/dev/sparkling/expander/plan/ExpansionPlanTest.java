package dev.sparkling.expander.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sparkling.checkpoint.model.ModelConfiguration;
import dev.sparkling.checkpoint.model.TensorCatalogue;
import dev.sparkling.checkpoint.model.TestModels;
import dev.sparkling.pipeline.spec.Initialization;
import dev.sparkling.pipeline.spec.OptimizerStateStrategy;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The models have hidden size 8 and inner size 6. */
class ExpansionPlanTest {

  private static final String LAYER = "model.layers.1.";
  private static final String EXPERT = LAYER + "mlp.experts.2.";

  @Test
  void hiddenExpansionScalesWhatReadsTheResidualStreamAndNothingElse() {
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
    assertThat(tensors.values().stream().filter(tensor -> tensor.factor() != 1))
        .hasSize(2 * 3)
        .allMatch(tensor -> tensor.name().endsWith("down_proj.weight"))
        .allMatch(tensor -> tensor.factor() == 0.5);
    assertThat(get(tensors, EXPERT + "up_proj.weight").newShape()).containsExactly(12L, 8L);
    assertThat(get(tensors, EXPERT + "down_proj.weight").newShape()).containsExactly(8L, 12L);
    assertThat(get(tensors, "model.embed_tokens.weight").newShape()).containsExactly(11L, 8L);
  }

  @Test
  void jointExpansionWidensBothAxesOfTheMlp() {
    Map<String, TensorPlan> tensors = plan(TestModels.dense(false), 16, 9).tensors();
    assertThat(get(tensors, LAYER + "mlp.gate_proj.weight").newShape()).containsExactly(9L, 16L);
    assertThat(get(tensors, LAYER + "mlp.gate_proj.weight").factor()).isEqualTo(0.5);
    assertThat(get(tensors, LAYER + "mlp.down_proj.weight").newShape()).containsExactly(16L, 9L);
    assertThat(get(tensors, LAYER + "mlp.down_proj.weight").factor())
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
    assertThat(plan.tensors()).hasSize(3 * weights);
    assertThat(plan.tensors().values())
        .filteredOn(tensor -> tensor.name().contains(".exp_avg"))
        .hasSize(2 * weights)
        .allMatch(tensor -> tensor.factor() == 1 && tensor.newEntries() == NewEntries.ZERO);
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
    return ExpansionPlan.of(
        model, hiddenSize, innerSize, Initialization.COPY_COPY, OptimizerStateStrategy.ASYMMETRIC);
  }

  /** The named axis, and no other, is 16 long instead of 8. */
  private static void assertPlan(
      Map<String, TensorPlan> tensors, String name, double factor, int grownAxis) {
    TensorPlan plan = get(tensors, name);
    assertThat(plan.factor()).as(name).isEqualTo(factor);
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
