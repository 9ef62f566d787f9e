package dev.sparkling.cli;

import picocli.CommandLine.Command;

/** The part of the command line that needs no libtorch: what the expander's image holds. */
@Command(
    name = "sparkling",
    description = "Widens checkpoints, and deletes runs.",
    version = "sparkling 0.1.0",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      ExpandCommand.class,
      InspectCommand.class,
      DeleteCommand.class,
    })
public final class Expander {

  private Expander() {}

  /** Runs a command and exits with its code. */
  public static void main(String[] arguments) {
    Execution.main(new Expander(), arguments);
  }
}
