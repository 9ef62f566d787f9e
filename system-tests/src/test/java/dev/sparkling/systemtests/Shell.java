package dev.sparkling.systemtests;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Runs commands as a user types them, from the root of the repository. */
record Shell(Path folder, Map<String, String> environment) {

  /** Longer than any command takes: a whole run that is watched, or a Helm upgrade. */
  private static final Duration TIMEOUT = Duration.ofMinutes(8);

  /**
   * A command that has ended.
   *
   * @param output standard output and error together
   */
  record Ended(int exitCode, String output) {}

  Shell {
    environment = Map.copyOf(environment);
  }

  /** Runs a command that must succeed; returns its output. */
  String run(Object... command) {
    Ended ended = attempt("", command);
    if (ended.exitCode() != 0) {
      throw new AssertionError(
          String.join(" ", words(command))
              + " ended with "
              + ended.exitCode()
              + "\n"
              + ended.output());
    }
    return ended.output();
  }

  /** Runs a command that may fail. */
  Ended attempt(String input, Object... command) {
    try {
      ProcessBuilder builder =
          new ProcessBuilder(words(command)).directory(folder.toFile()).redirectErrorStream(true);
      builder.environment().putAll(environment);
      Process process = builder.start();
      Thread.ofVirtual().start(() -> killAfterTimeout(process));
      try (var in = process.getOutputStream()) {
        in.write(input.getBytes(StandardCharsets.UTF_8));
      }
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return new Ended(process.waitFor(), output);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  /** Ends the reading of the output, and makes the exit code one of a failure. */
  private static void killAfterTimeout(Process process) {
    try {
      if (!process.waitFor(TIMEOUT)) {
        System.out.println("killed after " + TIMEOUT + ": " + process.info().commandLine());
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static List<String> words(Object... command) {
    return Stream.of(command).map(Object::toString).toList();
  }
}
