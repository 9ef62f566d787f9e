package dev.sparkling.cli.train;

import dev.sparkling.trainer.torch.Device;
import dev.sparkling.trainer.torch.Torch;
import dev.sparkling.worker.argument.ArgumentErrors;
import picocli.CommandLine.Option;

/** {@code --device}, for commands that run a model. */
public final class DeviceOption {

  /** Name of the option, for messages. */
  public static final String NAME = "--device";

  @Option(
      names = NAME,
      paramLabel = "auto|cpu|cuda",
      description = "Device to compute on; auto uses a GPU if there is one (default: auto).",
      defaultValue = "auto")
  private Device device = Device.AUTO;

  public Device device() {
    return device;
  }

  /** Starts libtorch with this device. */
  public Torch start(int threads) {
    return ArgumentErrors.renaming(
        field -> field.equals("device") ? NAME : field, () -> Torch.start(threads, device));
  }
}
