package dev.sparkling.cli.pod;

import dev.sparkling.pipeline.job.JobJson;
import dev.sparkling.pipeline.job.JobResult;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where a worker writes how it ended: in a pod the termination message, which Kubernetes reads when
 * the container has ended.
 *
 * @param file absent: nobody wants to know
 */
public record ResultFile(@Nullable Path file) {

  public static final String OPTION = "--result";

  /** The file that a command line names. */
  public static ResultFile of(List<String> arguments) {
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

  /** Writes the result in place, because the file is a mount of its own that cannot be replaced. */
  public void write(JobResult result) {
    if (file == null) {
      return;
    }
    try {
      Files.write(file, JobJson.encode(result).getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      // The exit code says the same in short; nothing better is left to do.
      System.err.println(OPTION + ": " + file + ": cannot be written: " + e);
    }
  }
}
