package dev.sparkling.worker.process;

import dev.sparkling.pipeline.error.ErrorClass;
import dev.sparkling.pipeline.error.ErrorReason;
import dev.sparkling.pipeline.error.SparklingException;
import dev.sparkling.pipeline.job.JobResult;
import dev.sparkling.pipeline.job.Outcome;
import dev.sparkling.pipeline.job.Progress;
import dev.sparkling.worker.argument.EnumNames;
import java.io.PrintWriter;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;

/**
 * Runs a command as a process: turns every error into lines on standard error, an exit code and, if
 * requested, a result file. Commands neither print errors nor exit.
 */
public final class CommandProcess {

  private final CommandLine commands;
  private final PrintWriter err;
  private final ResultFile result;
  private final String[] arguments;

  /** A command that reports its progress in its result, even if it fails. */
  public interface ReportsProgress {
    /** Returns the latest progress; null if there is none yet. */
    @Nullable Progress progress();
  }

  private CommandProcess(Object commands, PrintWriter out, PrintWriter err, String[] arguments) {
    this.commands = new CommandLine(commands).setOut(out).setErr(err);
    EnumNames.register(this.commands);
    // The name that the user typed, for example as a kubectl plugin, so that help shows a command
    // that works.
    Optional.ofNullable(System.getenv("SPARKLING_COMMAND"))
        .ifPresent(this.commands::setCommandName);
    this.err = err;
    // Parsed without picocli, because an invalid argument must be reported in the file too.
    this.result = ResultFile.of(Arrays.asList(arguments));
    this.arguments = arguments;
  }

  /** Runs a command and ends the process with its exit code. */
  public static void main(Object commands, String[] arguments) {
    PrintWriter out = new PrintWriter(System.out, true, System.out.charset());
    PrintWriter err = new PrintWriter(System.err, true, System.err.charset());
    int exitCode = run(commands, out, err, arguments);
    out.flush();
    err.flush();
    StopSignal.exit(exitCode);
  }

  /**
   * Runs a command.
   *
   * @return 0, {@link Outcome#STOPPED_EXIT_CODE} if it has stopped because it was asked to, or the
   *     exit code of its error
   */
  public static int run(Object commands, PrintWriter out, PrintWriter err, String... arguments) {
    return new CommandProcess(commands, out, err, arguments).run();
  }

  private int run() {
    try {
      return commands
          .setExecutionExceptionHandler(errors())
          .setParameterExceptionHandler(usage())
          .execute(arguments);
    } catch (Error e) { // such as out of memory, which picocli does not catch
      return failed(e, null);
    }
  }

  private IExecutionExceptionHandler errors() {
    return (error, command, _) ->
        failed(
            error,
            command.getCommand() instanceof ReportsProgress reporting
                ? reporting.progress()
                : null);
  }

  /** Prints one line per problem of a known error, or the stack trace of a bug. */
  private int failed(Throwable error, @Nullable Progress progress) {
    if (error instanceof SparklingException known) {
      known.problems().forEach(line -> err.println(commands.getColorScheme().errorText(line)));
      result.write(
          JobResult.failure(known.reason(), String.join("\n", known.problems()), progress));
    } else {
      err.println("internal error: this is a bug in Sparkling; please report the following");
      error.printStackTrace(err);
      result.write(
          JobResult.failure(ErrorReason.INTERNAL_ERROR, "internal error: " + error, progress));
    }
    err.flush();
    return ErrorClass.of(error).exitCode();
  }

  private IParameterExceptionHandler usage() {
    return (ParameterException error, String[] _) -> {
      CommandLine command = error.getCommandLine();
      err.println(command.getColorScheme().errorText(error.getMessage()));
      CommandLine.UnmatchedArgumentException.printSuggestions(error, err);
      err.println("see '" + command.getCommandSpec().qualifiedName() + " --help'");
      err.flush();
      result.write(
          JobResult.failure(ErrorReason.INVALID_INPUT, String.valueOf(error.getMessage()), null));
      return ErrorClass.USER.exitCode();
    };
  }
}
