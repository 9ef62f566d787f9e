package dev.sparkling.trainer.step;

import ai.djl.ndarray.NDManager;
import dev.sparkling.trainer.TestTorch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

/** Parity on a GPU, if there is one. */
@Tag("cuda")
class HuggingFaceParityOnCudaTest extends HuggingFaceParityTest {

  @BeforeAll
  static void skipWithoutAGpu() {
    TestTorch.startOnGpu();
  }

  @Override
  NDManager newManager() {
    return TestTorch.startOnGpu().newManager();
  }
}
