package dev.sparkling.worker.argument;

import java.nio.file.Path;
import picocli.CommandLine.Option;

/**
 * Input of a command from a job document, as a launcher gives it. Each command adds the alternative
 * for users to its group.
 */
public abstract class JobInput {

  @Option(
      names = "--job",
      paramLabel = "FILE",
      required = true,
      description = "Read the work to do from a job document.")
  private Path job;

  public Path job() {
    return job;
  }
}
