package dev.sparkling.cli;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** The command in a process of its own, with this JVM's flags and class path. */
public final class SparklingProcess {

  private static final long TIMEOUT_MINUTES = 20;

  private final Process process;
  private final Path out;
  private final Path err;

  private SparklingProcess(Process process, Path out, Path err) {
    this.process = process;
    this.out = out;
    this.err = err;
  }

  /** Starts a command in the folder; its output goes to files there. */
  public static SparklingProcess start(
      Path folder, Map<String, String> environment, Object... arguments) {
    return startWith(_ -> true, folder, environment, arguments);
  }

  /** The same with some entries of the class path only, as an image of a worker has it. */
  public static SparklingProcess startWith(
      Predicate<String> entries,
      Path folder,
      Map<String, String> environment,
      Object... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(flag -> flag.startsWith("--"))
        .forEach(command::add);
    command.add("-cp");
    command.add(
        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator, -1))
            .map(entry -> Path.of(entry).toAbsolutePath().toString())
            .filter(entries)
            .collect(Collectors.joining(File.pathSeparator)));
    command.add(Sparkling.class.getName());
    for (Object argument : arguments) {
      command.add(argument.toString());
    }
    try {
      Path out = Files.createTempFile(folder, "out", ".txt");
      Path err = Files.createTempFile(folder, "err", ".txt");
      ProcessBuilder builder = new ProcessBuilder(command);
      builder.environment().putAll(environment);
      builder.directory(folder.toFile());
      builder.redirectOutput(out.toFile()).redirectError(err.toFile());
      return new SparklingProcess(builder.start(), out, err);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Waits for the end. */
  public Cli.Result await() throws InterruptedException {
    if (!process.waitFor(TIMEOUT_MINUTES, TimeUnit.MINUTES)) {
      process.destroyForcibly();
      throw new AssertionError("no end within " + TIMEOUT_MINUTES + " minutes");
    }
    return new Cli.Result(process.exitValue(), read(out), read(err));
  }

  /** SIGKILL after a while; false where the process had ended before. */
  public boolean killAfter(long millis) throws InterruptedException {
    if (process.waitFor(millis, TimeUnit.MILLISECONDS)) {
      return false;
    }
    process.destroyForcibly().waitFor();
    return true;
  }

  public boolean isAlive() {
    return process.isAlive();
  }

  /** SIGTERM. */
  public void terminate() {
    process.destroy();
  }

  public String output() {
    return read(out);
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
