package dev.sparkling.cli;

import dev.sparkling.cli.pod.ResultFile;
import dev.sparkling.pipeline.error.ErrorClass;
import dev.sparkling.pipeline.error.SparklingException;
import dev.sparkling.pipeline.job.JobResult;
import dev.sparkling.pipeline.job.Outcome;
import dev.sparkling.pipeline.job.Progress;
import java.io.PrintWriter;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;

/** Runs a command; every way in which one can fail comes out here, once. */
final class Execution {

  private final CommandLine commands;
  private final PrintWriter err;
  private final ResultFile result;
  private final String[] arguments;

  /** A command that knows how far it is, also when it fails. */
  interface Progressing {
    @Nullable Progress progress();
  }

  private Execution(Object commands, PrintWriter out, PrintWriter err, String[] arguments) {
    this.commands = new CommandLine(commands).setOut(out).setErr(err);
    // What the user typed, where another name starts the launcher: help must show what works.
    Optional.ofNullable(System.getenv("SPARKLING_COMMAND"))
        .ifPresent(this.commands::setCommandName);
    this.err = err;
    // Read without picocli, because a wrong argument beside it is a result too.
    this.result = ResultFile.of(Arrays.asList(arguments));
    this.arguments = arguments;
  }

  /** Runs a command and ends the process with its code. */
  static void main(Object commands, String[] arguments) {
    PrintWriter out = new PrintWriter(System.out, true, System.out.charset());
    PrintWriter err = new PrintWriter(System.err, true, System.err.charset());
    int exitCode = run(commands, out, err, arguments);
    out.flush();
    err.flush();
    StopSignal.exit(exitCode);
  }

  /** Runs a command; returns 0, 143 where it was asked to stop, or the code of the error. */
  static int run(Object commands, PrintWriter out, PrintWriter err, String... arguments) {
    return new Execution(commands, out, err, arguments).run();
  }

  private int run() {
    try {
      return commands
          .setExecutionExceptionHandler(errors())
          .setParameterExceptionHandler(usage())
          .setCaseInsensitiveEnumValuesAllowed(true)
          .execute(arguments);
    } catch (Error e) { // which picocli lets pass: no memory, no native library
      return failed(e, null);
    }
  }

  private IExecutionExceptionHandler errors() {
    return (error, command, _) ->
        failed(
            error,
            command.getCommand() instanceof Progressing progressing
                ? progressing.progress()
                : null);
  }

  /** One line a problem for what a user can mend; everything for a defect of ours. */
  private int failed(Throwable error, @Nullable Progress progress) {
    if (error instanceof SparklingException known) {
      known.problems().forEach(line -> err.println(commands.getColorScheme().errorText(line)));
      result.write(
          new JobResult(Outcome.FAILED, String.join("\n", known.problems()), progress, null));
    } else {
      err.println("internal error: this is a defect of sparkling; please report what follows");
      error.printStackTrace(err);
      result.write(new JobResult(Outcome.FAILED, "internal error: " + error, progress, null));
    }
    err.flush();
    return ErrorClass.of(error).exitCode();
  }

  private IParameterExceptionHandler usage() {
    return (ParameterException error, String[] _) -> {
      CommandLine command = error.getCommandLine();
      err.println(command.getColorScheme().errorText(error.getMessage()));
      CommandLine.UnmatchedArgumentException.printSuggestions(error, err);
      err.println(
          "try '" + command.getCommandSpec().qualifiedName() + " --help' for what is allowed");
      err.flush();
      result.write(new JobResult(Outcome.FAILED, String.valueOf(error.getMessage()), null, null));
      return ErrorClass.USER.exitCode();
    };
  }
}
