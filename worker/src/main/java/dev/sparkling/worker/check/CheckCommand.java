package dev.sparkling.worker.check;

import dev.sparkling.pipeline.error.ErrorClass;
import dev.sparkling.pipeline.error.SparklingException;
import dev.sparkling.pipeline.job.JobResult;
import dev.sparkling.pipeline.job.Outcome;
import dev.sparkling.pipeline.job.Work;
import dev.sparkling.worker.argument.JobInput;
import dev.sparkling.worker.process.StopSignal;
import dev.sparkling.worker.process.WorkerOptions;
import dev.sparkling.worker.run.Assignment;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "check",
    description = {
      "Checks whether a run's store and datasets can be used.",
      "It writes and deletes one object of 1 MiB, and needs neither a GPU nor much memory."
    },
    mixinStandardHelpOptions = true)
public final class CheckCommand implements Callable<Integer> {

  private static final Duration FIRST_PAUSE = Duration.ofSeconds(5);
  private static final Duration LONGEST_PAUSE = Duration.ofMinutes(5);
  private static final Duration TICK = Duration.ofMillis(500);

  @ArgGroup(multiplicity = "1")
  private CheckInput input;

  @Option(
      names = "--credentials",
      paramLabel = "FOLDER",
      description =
          "Read the access key from the files accessKey and secretKey in FOLDER instead of the"
              + " environment.")
  private @Nullable Path credentials;

  @Option(
      names = "--wait",
      description = {
        "If something cannot be used, check again after 5 seconds, then less and less often, but at",
        "least every 5 minutes and when the credentials have changed, until everything can be used."
      })
  private boolean wait;

  @Mixin private WorkerOptions worker;

  @Spec private CommandSpec spec;

  /** The run to check, from a job document or a resource file. */
  static final class CheckInput extends JobInput {
    @ArgGroup(exclusive = false)
    private @Nullable ResourceArgument resource;
  }

  /** A resource file. */
  static final class ResourceArgument {
    @Parameters(paramLabel = "FILE", description = "A ProgressiveTraining resource.")
    private Path file;
  }

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    ResourceArgument resource = input.resource;
    Assignment assignment =
        resource == null
            ? Assignment.ofJob(input.job(), Work.CHECK)
            : Assignment.ofResource(resource.file, "", null);
    try (StopSignal stop = worker.stopSignal()) {
      return worker.finish(
          checkUntilUsable(assignment, stop, out)
              ? new JobResult(
                  Outcome.COMPLETE,
                  assignment.resource().metadata().name() + ": store and datasets can be used",
                  null,
                  null)
              : new JobResult(Outcome.STOPPED, "stopped", null, null),
          out);
    }
  }

  /**
   * Checks once, or until everything can be used.
   *
   * @return false if a stop was requested before
   */
  private boolean checkUntilUsable(Assignment assignment, StopSignal stop, PrintWriter out) {
    Duration pause = FIRST_PAUSE;
    while (true) {
      Map<String, String> before = Map.of();
      try {
        before = environment();
        new RunCheck(assignment, before).execute();
        return true;
      } catch (SparklingException e) {
        if (!wait || e.errorClass() == ErrorClass.CORRUPT) {
          throw e;
        }
        e.problems().forEach(out::println);
        out.printf("checking again in %d s%n", pause.toSeconds());
        out.flush();
      }
      if (!pause(pause, stop, before)) {
        return false;
      }
      Duration doubled = pause.multipliedBy(2);
      pause = doubled.compareTo(LONGEST_PAUSE) < 0 ? doubled : LONGEST_PAUSE;
    }
  }

  private Map<String, String> environment() {
    return Optional.ofNullable(credentials)
        .map(folder -> new Credentials(folder).addTo(System.getenv()))
        .orElse(System.getenv());
  }

  /**
   * Waits until the time has passed or the credentials differ from those before.
   *
   * @param before variables with the credentials of the last check
   * @return false if a stop was requested
   */
  private boolean pause(Duration pause, StopSignal stop, Map<String, String> before) {
    long end = System.nanoTime() + pause.toNanos();
    while (!stop.requested() && System.nanoTime() < end) {
      try {
        Thread.sleep(TICK);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return false;
      }
      if (haveChanged(before)) {
        break;
      }
    }
    return !stop.requested();
  }

  private boolean haveChanged(Map<String, String> before) {
    try {
      return !environment().equals(before);
    } catch (SparklingException _) {
      // The files are still missing, or are just being replaced.
      return false;
    }
  }
}
