package dev.sparkling.worker.expand;

import com.sun.management.OperatingSystemMXBean;
import dev.sparkling.expander.run.ExpansionOptions;
import dev.sparkling.pipeline.error.UserError;
import java.lang.management.ManagementFactory;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** {@code --memory}: the memory that an expansion may use. */
final class MemoryOption {

  private static final int MIB_BITS = 20;

  /**
   * The default is at most a quarter of the machine's memory; the rest is for uploads, the heap and
   * the JVM itself.
   */
  private static final int DIVISOR = 4;

  @Option(
      names = "--memory",
      paramLabel = "MIB",
      description =
          "Memory for reading and expanding; uploads need 80 MiB more (default: 512, or a quarter"
              + " of the memory of the machine or container if that is less).")
  private @Nullable Long mebibytes;

  long bytes() {
    if (mebibytes == null) {
      return defaultBytes();
    }
    if (mebibytes < 1 || mebibytes > Long.MAX_VALUE >> MIB_BITS) {
      throw new UserError("--memory: " + mebibytes + " MiB; at least 1 MiB is needed");
    }
    return mebibytes << MIB_BITS;
  }

  static long defaultBytes() {
    OperatingSystemMXBean machine =
        ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    return Math.min(ExpansionOptions.DEFAULT_MEMORY_BYTES, machine.getTotalMemorySize() / DIVISOR);
  }
}
