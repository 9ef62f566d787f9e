package dev.sparkling.trainer.step;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDManager;
import dev.sparkling.checkpoint.model.ModelConfiguration;
import dev.sparkling.checkpoint.model.TestModels;
import dev.sparkling.pipeline.spec.training.TrainingSpec;
import dev.sparkling.trainer.TestTorch;
import dev.sparkling.trainer.data.Batch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Every array has one owner, and a step frees all that it allocates. */
class NativeMemoryTest {

  private static final int STEPS = 50;
  private static final int WINDOWS = 40;

  /**
   * Measured: 608 bytes a step, from inside of DJL's own calls, and 1200 if one kind of argument is
   * not closed, which is 19 handles of 32 bytes.
   */
  private static final long ALLOWED_GROWTH_BYTES = STEPS * 900L;

  private static final int WARM_UP = 200;
  private static final int THOUSAND = 1_000;

  /**
   * The heap and the compiler's memory vary by some MB. A step allocates 0.2 MB, so that a leak of
   * one array in twenty would be more.
   */
  private static final long ALLOWED_RESIDENT_KIB = 16 << 10;

  @Test
  void stepsLeakNoArraysAndNoMemory() {
    ModelConfiguration model = TestModels.moe(true);
    Batch batch = new Batch(1, new long[16], new long[16]);
    try (NDManager manager = TestTorch.start().newManager()) {
      SmallTraining training = SmallTraining.of(model, settings(), manager);
      NativeMemory memory = new NativeMemory();
      Runnable step =
          () -> {
            training.step(1, 1e-3, batch);
            training.transformer().measure(batch);
          };
      run(step);
      int arrays = manager.getManagedArrays().size();
      // The JIT compiler's threads allocate and free megabytes at the same time. They are idle in
      // some windows; a leak shows in every one.
      List<Long> growth = new ArrayList<>();
      do {
        long before = memory.allocatedBytes();
        run(step);
        growth.add(memory.allocatedBytes() - before);
      } while (growth.size() < WINDOWS && !isAllowed(growth.getLast()));
      assertThat(manager.getManagedArrays()).hasSize(arrays);
      assertThat(growth.getLast()).as("%s", growth).isBetween(0L, ALLOWED_GROWTH_BYTES);
    }
  }

  @Test
  void thousandStepsDoNotIncreaseArraysAndResidentMemory() throws IOException {
    ModelConfiguration model = TestModels.moe(true);
    // Two sequences, one for each micro-batch shard.
    Batch batch = new Batch(2, new long[32], new long[32]);
    try (NDManager manager = TestTorch.start().newManager()) {
      SmallTraining training = SmallTraining.of(model, settings(), manager);
      int arrays = 0;
      long resident = 0;
      for (int step = 1; step <= WARM_UP + THOUSAND; step++) {
        training.step(step, 1e-3, batch);
        if (step == WARM_UP) {
          arrays = manager.getManagedArrays().size();
          resident = residentKib();
        }
      }
      assertThat(manager.getManagedArrays()).hasSize(arrays);
      assertThat(residentKib() - resident).as("growth, KiB").isLessThan(ALLOWED_RESIDENT_KIB);
    }
  }

  private static TrainingSpec settings() {
    return SmallTraining.training(16, "gradientClipping: 1");
  }

  private static long residentKib() throws IOException {
    System.gc();
    return Files.readAllLines(Path.of("/proc/self/status")).stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
        .findFirst()
        .orElseThrow();
  }

  private static boolean isAllowed(long growth) {
    return growth >= 0 && growth <= ALLOWED_GROWTH_BYTES;
  }

  private static void run(Runnable step) {
    for (int i = 0; i < STEPS; i++) {
      step.run();
    }
  }
}
