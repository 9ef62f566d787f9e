package dev.sparkling.cli;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** The command in its own process, with this JVM's class path and access flags. */
public final class SparklingProcess {

  /** Many times what the slowest of these processes takes. */
  private static final Duration TIMEOUT = Duration.ofMinutes(8);

  /** Most of these processes live for seconds, in which optimized code does not pay. */
  private static final List<String> SHORT_LIVED =
      List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1");

  private static final long POLL_MILLIS = 5;

  /** 128 + SIGKILL. */
  private static final int SIGKILL_EXIT_CODE = 137;

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

  /** Starts a command with a part of the class path, as in an image. */
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
    command.addAll(SHORT_LIVED);
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
    return await(TIMEOUT);
  }

  /** Waits for the end of a process that may take longer than most. */
  Cli.Result await(Duration timeout) throws InterruptedException {
    if (!process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
      process.destroyForcibly();
      throw new AssertionError("no end within %s; %s".formatted(timeout, printed()));
    }
    return new Cli.Result(process.exitValue(), read(out), read(err));
  }

  /**
   * Waits for something that the process does.
   *
   * @throws AssertionError where the process ends before, or does not do it in time
   */
  public void awaitThat(String what, BooleanSupplier condition) throws InterruptedException {
    long deadline = System.nanoTime() + TIMEOUT.toNanos();
    while (!condition.getAsBoolean()) {
      // Checked again after the end: it may have been the last thing that the process did.
      if (!process.isAlive() && !condition.getAsBoolean()) {
        throw new AssertionError(
            "ended with %d before this: %s; %s".formatted(process.exitValue(), what, printed()));
      }
      if (System.nanoTime() > deadline) {
        process.destroyForcibly();
        throw new AssertionError("not within %s: %s; %s".formatted(TIMEOUT, what, printed()));
      }
      TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
    }
  }

  /** Waits until the process has printed a text. */
  public void awaitOutput(String text) throws InterruptedException {
    awaitThat("prints '" + text + "'", () -> output().contains(text));
  }

  /**
   * Sends SIGKILL once the process has done something.
   *
   * @throws AssertionError where the process ends before it is killed
   */
  public void killWhen(String what, BooleanSupplier condition) throws InterruptedException {
    awaitThat(what, condition);
    process.destroyForcibly();
    if (process.waitFor() != SIGKILL_EXIT_CODE) {
      throw new AssertionError(
          "ended with %d before it was killed: %s; %s"
              .formatted(process.exitValue(), what, printed()));
    }
  }

  /** Sends a signal, such as {@code STOP}. */
  void signal(String name) throws InterruptedException {
    try {
      Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start();
      if (!kill.waitFor(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS) || kill.exitValue() != 0) {
        throw new AssertionError("cannot send SIG" + name + "; " + printed());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public boolean isAlive() {
    return process.isAlive();
  }

  /** Sends SIGTERM. */
  public void terminate() {
    process.destroy();
  }

  public String output() {
    return read(out);
  }

  private String printed() {
    return "it has printed:\n" + read(out) + read(err);
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
