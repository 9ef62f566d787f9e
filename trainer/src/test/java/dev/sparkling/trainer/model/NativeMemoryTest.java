package dev.sparkling.trainer.model;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.sparkling.checkpoint.model.ModelConfiguration;
import dev.sparkling.checkpoint.model.TestModels;
import dev.sparkling.trainer.TestTorch;
import org.junit.jupiter.api.Test;

/** Every array has one owner, and a pass gives back all that it took. */
class NativeMemoryTest {

  @Test
  void passesLeaveNoArraysBehind() {
    ModelConfiguration model = TestModels.moe(true);
    Batch batch = new Batch(1, new long[16], new long[16]);
    try (NDManager manager = TestTorch.start().newManager()) {
      ModelState state = ModelState.ofTraining(model, manager);
      state.initialize(1);
      Weights<NDArray> gradients = ModelState.zeros(ParameterLayout.of(model), manager);
      Transformer transformer = new Transformer(model, 16, manager);
      transformer.lossAndGradients(state.weights(), gradients, batch, 1);
      int before = manager.getManagedArrays().size();
      for (int i = 0; i < 50; i++) {
        transformer.lossAndGradients(state.weights(), gradients, batch, 1);
        transformer.loss(state.weights(), batch);
      }
      assertThat(manager.getManagedArrays()).hasSize(before);
    }
  }
}
