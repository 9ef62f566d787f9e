package dev.sparkling.worker.process;

import dev.sparkling.pipeline.error.UserError;
import dev.sparkling.pipeline.job.JobResult;
import dev.sparkling.pipeline.job.Outcome;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options of the commands that run in pods. */
public final class WorkerOptions {

  @Option(
      names = ResultFile.OPTION,
      paramLabel = "FILE",
      description = "Write the result as JSON to FILE, even on failure.")
  private @Nullable Path result;

  @Option(
      names = "--grace",
      paramLabel = "SECONDS",
      description =
          "Longest time from SIGTERM to the end of the process (default: ${DEFAULT-VALUE}).",
      defaultValue = "25")
  private int graceSeconds;

  /** Starts listening for the stop signal. */
  public StopSignal stopSignal() {
    if (graceSeconds < 1) {
      throw new UserError(
          "--grace: " + graceSeconds + " is too short; at least 1 second is needed");
    }
    return new StopSignal(Duration.ofSeconds(graceSeconds), this::graceExpired);
  }

  /** Prints and writes a result other than a failure, and returns its exit code. */
  public int finish(JobResult ended, PrintWriter out) {
    out.println(ended.message());
    out.flush();
    new ResultFile(result).write(ended);
    return ended.outcome() == Outcome.STOPPED ? Outcome.STOPPED_EXIT_CODE : 0;
  }

  private void graceExpired() {
    String message = StopSignal.expired(graceSeconds);
    System.err.println(message);
    new ResultFile(result).write(new JobResult(Outcome.STOPPED, message, null, null));
  }
}
