package dev.sparkling.worker;

import dev.sparkling.worker.check.CheckCommand;
import dev.sparkling.worker.delete.DeleteCommand;
import dev.sparkling.worker.expand.ExpandCommand;
import dev.sparkling.worker.inspect.InspectCommand;
import dev.sparkling.worker.process.CommandProcess;
import picocli.CommandLine.Command;

/** The main class of the expander's image, with the commands that need no libtorch. */
@Command(
    name = "sparkling",
    description = "Expands checkpoints and deletes runs.",
    version = "sparkling 0.1.0",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      ExpandCommand.class,
      InspectCommand.class,
      DeleteCommand.class,
      CheckCommand.class,
    })
public final class Expander {

  private Expander() {}

  /** Runs a command and exits with its exit code. */
  public static void main(String[] arguments) {
    CommandProcess.main(new Expander(), arguments);
  }
}
