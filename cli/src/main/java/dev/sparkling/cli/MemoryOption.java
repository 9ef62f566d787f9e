package dev.sparkling.cli;

import dev.sparkling.expander.run.ExpansionOptions;
import dev.sparkling.pipeline.error.UserError;
import picocli.CommandLine.Option;

/** How much of the memory an expansion may take. */
final class MemoryOption {

  private static final int MIB_BITS = 20;

  @Option(
      names = "--memory",
      paramLabel = "MIB",
      description = "Memory for what is read and widened; uploads need 80 MiB more (default: 512).")
  private long mebibytes = ExpansionOptions.DEFAULT_MEMORY_BYTES >> MIB_BITS;

  long bytes() {
    if (mebibytes < 1 || mebibytes > Long.MAX_VALUE >> MIB_BITS) {
      throw new UserError("--memory: " + mebibytes + " MiB; at least 1 MiB is needed");
    }
    return mebibytes << MIB_BITS;
  }
}
