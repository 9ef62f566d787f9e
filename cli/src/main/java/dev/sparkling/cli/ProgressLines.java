package dev.sparkling.cli;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.function.Supplier;

/** A short line now and then, for work whose end may be far. */
final class ProgressLines {

  private static final long LINE_EVERY_NANOS = Duration.ofSeconds(5).toNanos();

  private final PrintWriter out;
  private long lastLine = System.nanoTime();

  ProgressLines(PrintWriter out) {
    this.out = out;
  }

  /** Prints the line if the last one is some time ago. */
  void line(Supplier<String> line) {
    long now = System.nanoTime();
    if (now - lastLine >= LINE_EVERY_NANOS) {
      lastLine = now;
      out.println(line.get());
      out.flush();
    }
  }

  /** An expansion's. */
  void expansion(long bytes, long allBytes) {
    line(() -> "expansion: %s of %s".formatted(Format.bytes(bytes), Format.bytes(allBytes)));
  }
}
