package dev.sparkling.trainer;

import dev.sparkling.trainer.torch.Device;
import dev.sparkling.trainer.torch.Torch;
import org.opentest4j.TestAbortedException;

/** The libtorch of all tests of a JVM, with two threads. */
public final class TestTorch {

  public static final int THREADS = 2;

  private TestTorch() {}

  public static Torch start() {
    return Torch.start(THREADS, Device.CPU);
  }

  /** Skips the test if there is no GPU. */
  public static Torch startOnGpu() {
    Torch torch = Torch.start(THREADS, Device.AUTO);
    if (torch.device() != Device.CUDA) {
      System.out.println("SKIPPED: libtorch sees no GPU");
      throw new TestAbortedException("no GPU");
    }
    return torch;
  }
}
