package dev.sparkling.cli;

import dev.sparkling.trainer.torch.Device;
import picocli.CommandLine.Option;

/** {@code --device}, for commands that compute with a model. */
final class DeviceOption {

  @Option(
      names = "--device",
      paramLabel = "auto|cpu|cuda",
      description =
          "What computes; auto takes a GPU where there is one (default: ${DEFAULT-VALUE}).",
      defaultValue = "auto")
  private Device device = Device.AUTO;

  Device device() {
    return device;
  }
}
