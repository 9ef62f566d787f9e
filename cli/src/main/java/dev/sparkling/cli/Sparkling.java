package dev.sparkling.cli;

import dev.sparkling.pipeline.error.ErrorClass;
import dev.sparkling.pipeline.error.SparklingException;
import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;

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
      EvaluateCommand.class,
      InspectCommand.class,
    })
public final class Sparkling {

  private Sparkling() {}

  /** Runs a command and exits with its code. */
  public static void main(String[] arguments) {
    PrintWriter out = new PrintWriter(System.out, true, System.out.charset());
    PrintWriter err = new PrintWriter(System.err, true, System.err.charset());
    System.exit(execute(out, err, arguments));
  }

  /** Runs a command; returns 0, or the code of {@link ErrorClass}. */
  static int execute(PrintWriter out, PrintWriter err, String... arguments) {
    return new CommandLine(new Sparkling())
        .setOut(out)
        .setErr(err)
        .setExecutionExceptionHandler(errors())
        .setParameterExceptionHandler(usage())
        .setCaseInsensitiveEnumValuesAllowed(true)
        .execute(arguments);
  }

  /** One line a problem for what a user can mend; everything for a defect of ours. */
  private static IExecutionExceptionHandler errors() {
    return (error, command, _) -> {
      PrintWriter out = command.getErr();
      if (error instanceof SparklingException known) {
        known.problems().forEach(line -> out.println(command.getColorScheme().errorText(line)));
      } else {
        out.println("internal error: this is a defect of sparkling; please report what follows");
        error.printStackTrace(out);
      }
      out.flush();
      return ErrorClass.of(error).exitCode();
    };
  }

  private static IParameterExceptionHandler usage() {
    return (ParameterException error, String[] _) -> {
      CommandLine command = error.getCommandLine();
      PrintWriter out = command.getErr();
      out.println(command.getColorScheme().errorText(error.getMessage()));
      CommandLine.UnmatchedArgumentException.printSuggestions(error, out);
      out.println(
          "try '" + command.getCommandSpec().qualifiedName() + " --help' for what is allowed");
      out.flush();
      return ErrorClass.USER.exitCode();
    };
  }
}
