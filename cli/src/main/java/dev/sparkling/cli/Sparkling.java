package dev.sparkling.cli;

import java.io.PrintWriter;
import picocli.CommandLine.Command;

/** The command line. */
@Command(
    name = "sparkling",
    description = "Trains language models narrow, widens them, and finishes them wide.",
    version = "sparkling 0.1.0",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      RunCommand.class,
      PlanCommand.class,
      DataCommand.class,
      TrainCommand.class,
      ExpandCommand.class,
      ExportCommand.class,
      GenerateCommand.class,
      EvaluateCommand.class,
      InspectCommand.class,
      ReportCommand.class,
      DeleteCommand.class,
      GetCommand.class,
      WatchCommand.class,
    })
public final class Sparkling {

  private Sparkling() {}

  /** Runs a command and exits with its code. */
  public static void main(String[] arguments) {
    Execution.main(new Sparkling(), arguments);
  }

  /** Runs a command; returns its exit code. */
  static int execute(PrintWriter out, PrintWriter err, String... arguments) {
    return Execution.run(new Sparkling(), out, err, arguments);
  }
}
