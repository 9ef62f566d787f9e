package dev.sparkling.worker.process;

import dev.sparkling.pipeline.job.JobJson;
import dev.sparkling.pipeline.job.JobResult;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The file that a worker writes its result to. In a pod, this is the termination message, which
 * Kubernetes reads once the container has terminated.
 *
 * @param file path of the file; null if no result was requested
 */
public record ResultFile(@Nullable Path file) {

  static final String OPTION = "--result";

  /** Returns the file that a command line names. */
  static ResultFile of(List<String> arguments) {
    for (int i = 0; i < arguments.size(); i++) {
      String argument = arguments.get(i);
      if (argument.startsWith(OPTION + "=")) {
        return new ResultFile(Path.of(argument.substring(OPTION.length() + 1)));
      }
      if (argument.equals(OPTION) && i + 1 < arguments.size()) {
        return new ResultFile(Path.of(arguments.get(i + 1)));
      }
    }
    return new ResultFile(null);
  }

  /** Writes the result in place, because in a pod the file is a mount, which cannot be replaced. */
  void write(JobResult result) {
    if (file == null) {
      return;
    }
    try {
      Files.write(file, JobJson.encode(result).getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      // The exit code still reports the outcome, so it must not change.
      System.err.println(file + ": the result cannot be written: " + e);
    }
  }
}
