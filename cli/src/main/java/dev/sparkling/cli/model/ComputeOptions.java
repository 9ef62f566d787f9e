package dev.sparkling.cli.model;

import dev.sparkling.cli.train.DeviceOption;
import dev.sparkling.cli.train.ThreadCount;
import dev.sparkling.trainer.torch.Torch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code --threads} and {@code --device}. */
final class ComputeOptions {

  @Option(names = "--threads", paramLabel = "N", description = "CPU threads (default: all cores).")
  private @Nullable Integer threads;

  @Mixin private DeviceOption device;

  /** Starts libtorch with these options. */
  Torch start() {
    return device.start(ThreadCount.of("--threads", threads));
  }
}
