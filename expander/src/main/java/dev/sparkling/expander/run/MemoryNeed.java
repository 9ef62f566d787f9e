package dev.sparkling.expander.run;

import com.sun.management.OperatingSystemMXBean;
import dev.sparkling.expander.plan.ExpansionPlan;
import dev.sparkling.expander.plan.TensorPlan;
import dev.sparkling.pipeline.error.UserError;
import java.lang.management.ManagementFactory;
import java.util.Comparator;
import java.util.List;

/** What an expansion needs: one tensor, old and new, is in memory at a time. */
final class MemoryNeed {

  private static final double BYTES_OF_A_GIB = 1 << 30;

  private MemoryNeed() {}

  /** This machine's memory, or the container's. */
  static long ofThisMachine() {
    return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize();
  }

  /** Checked before anything is written or allocated. */
  static void check(ExpansionPlan plan, long memoryBytes) {
    TensorPlan largest =
        plan.tensors().values().stream()
            .max(Comparator.comparingLong(MemoryNeed::bytes))
            .orElseThrow();
    if (bytes(largest) > memoryBytes) {
      throw new UserError(
          "--hidden-size, --inner-size: %d and %d make %s and its source take %.1f GiB; this machine has %.1f GiB of memory"
              .formatted(
                  plan.newModel().hiddenSize(),
                  plan.newModel().innerSize(),
                  largest.name(),
                  bytes(largest) / BYTES_OF_A_GIB,
                  memoryBytes / BYTES_OF_A_GIB));
    }
  }

  private static long bytes(TensorPlan tensor) {
    return Math.addExact(bytes(tensor.shape()), bytes(tensor.newShape()));
  }

  private static long bytes(List<Long> shape) {
    return shape.stream().reduce((long) Float.BYTES, Math::multiplyExact);
  }
}
