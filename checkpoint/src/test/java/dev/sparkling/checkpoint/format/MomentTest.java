package dev.sparkling.checkpoint.format;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sparkling.checkpoint.model.TensorRole;
import dev.sparkling.pipeline.spec.training.OptimizerType;
import org.junit.jupiter.api.Test;

class MomentTest {

  /** Every name of an optimizer's state tensor is that of a moment. */
  @Test
  void everyWeightHasAsManyMomentsAsItsOptimizerKeeps() {
    for (OptimizerType training : OptimizerType.values()) {
      for (TensorRole role : TensorRole.values()) {
        assertThat(Moment.of(training, role))
            .as(training + " " + role)
            .hasSameSizeAs(training.forWeight(role.isLayerMatrix()).stateTensors());
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
