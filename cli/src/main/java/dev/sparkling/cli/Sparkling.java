package dev.sparkling.cli;

import dev.sparkling.cli.data.DataCommand;
import dev.sparkling.cli.model.EvaluateCommand;
import dev.sparkling.cli.model.ExportCommand;
import dev.sparkling.cli.model.GenerateCommand;
import dev.sparkling.cli.report.ReportCommand;
import dev.sparkling.cli.run.PlanCommand;
import dev.sparkling.cli.run.ReleaseCommand;
import dev.sparkling.cli.run.RunCommand;
import dev.sparkling.cli.train.TrainCommand;
import dev.sparkling.cli.watch.GetCommand;
import dev.sparkling.cli.watch.RetryCommand;
import dev.sparkling.cli.watch.WatchCommand;
import dev.sparkling.worker.check.CheckCommand;
import dev.sparkling.worker.delete.DeleteCommand;
import dev.sparkling.worker.expand.ExpandCommand;
import dev.sparkling.worker.inspect.InspectCommand;
import dev.sparkling.worker.process.CommandProcess;
import java.io.PrintWriter;
import picocli.CommandLine.Command;

/** The {@code sparkling} command. */
@Command(
    name = "sparkling",
    description =
        "Pre-trains language models that start narrow, are widened during training, and finish"
            + " wide.",
    version = "sparkling 0.1.0",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      RunCommand.class,
      ReleaseCommand.class,
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
      CheckCommand.class,
      GetCommand.class,
      WatchCommand.class,
      RetryCommand.class,
    })
public final class Sparkling {

  private Sparkling() {}

  /** Runs a command and exits with its exit code. */
  public static void main(String[] arguments) {
    CommandProcess.main(new Sparkling(), arguments);
  }

  /** Runs a command and returns its exit code. */
  static int execute(PrintWriter out, PrintWriter err, String... arguments) {
    return CommandProcess.run(new Sparkling(), out, err, arguments);
  }
}
