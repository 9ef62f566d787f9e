package dev.sparkling.trainer;

import dev.sparkling.trainer.torch.Torch;

/** One libtorch for all tests of a JVM, with two threads. */
public final class TestTorch {

  private TestTorch() {}

  public static Torch start() {
    return Torch.start(2);
  }
}
