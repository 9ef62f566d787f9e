package dev.sparkling.cli;

import dev.sparkling.cli.pod.ResultFile;
import dev.sparkling.pipeline.error.UserError;
import dev.sparkling.pipeline.job.JobResult;
import dev.sparkling.pipeline.job.Outcome;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What the commands that pods run have in common. */
final class WorkerOptions {

  @Option(
      names = ResultFile.OPTION,
      paramLabel = "FILE",
      description = "Write how it ended, as JSON, whatever happens.")
  private @Nullable Path result;

  @Option(
      names = "--grace",
      paramLabel = "SECONDS",
      description = "From SIGTERM to the end, at most (default: ${DEFAULT-VALUE}).",
      defaultValue = "25")
  private int graceSeconds;

  /** Listens for the signal to stop. */
  StopSignal stopSignal() {
    if (graceSeconds < 1) {
      throw new UserError("--grace: " + graceSeconds + " is too short; at least 1 second");
    }
    return new StopSignal(Duration.ofSeconds(graceSeconds), this::tooLate);
  }

  /** Prints and writes a result that is no failure; returns its exit code. */
  int end(JobResult ended, PrintWriter out) {
    out.println(ended.message());
    out.flush();
    new ResultFile(result).write(ended);
    return ended.outcome() == Outcome.STOPPED ? Outcome.STOPPED_EXIT_CODE : 0;
  }

  private void tooLate() {
    String message = "stop: no end within " + graceSeconds + " s; the newest checkpoint counts";
    System.err.println(message);
    new ResultFile(result).write(new JobResult(Outcome.STOPPED, message, null, null));
  }
}
