package dev.sparkling.checkpoint.format;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sparkling.checkpoint.model.TensorRole;
import dev.sparkling.pipeline.spec.training.OptimizerType;
import org.junit.jupiter.api.Test;

class MomentTest {

  /** The plan computes bytes from the number, the reader expects tensors of these names. */
  @Test
  void everyWeightHasAsManyMomentsAsItsOptimizerKeeps() {
    for (OptimizerType training : OptimizerType.values()) {
      for (TensorRole role : TensorRole.values()) {
        assertThat(Moment.of(training, role))
            .as(training + " " + role)
            .hasSize(training.forWeight(role.isLayerMatrix()).stateTensors());
      }
    }
  }

  @Test
  void aStateTensorNamesItsWeight() {
    for (Moment moment : Moment.values()) {
      assertThat(Moment.weight(moment.of("model.norm.weight"))).isEqualTo("model.norm.weight");
    }
  }
}
