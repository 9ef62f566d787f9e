package dev.sparkling.worker.text;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.function.Supplier;

/** Prints progress lines, at most one every five seconds. */
public final class ProgressLines {

  private static final long LINE_INTERVAL_NANOS = Duration.ofSeconds(5).toNanos();

  private final PrintWriter out;
  private long lastLine = System.nanoTime();

  public ProgressLines(PrintWriter out) {
    this.out = out;
  }

  /** Prints the line unless one was printed less than five seconds ago. */
  public void line(Supplier<String> line) {
    long now = System.nanoTime();
    if (now - lastLine >= LINE_INTERVAL_NANOS) {
      lastLine = now;
      out.println(line.get());
      out.flush();
    }
  }

  /** Prints the progress of an expansion. */
  public void expansion(long bytes, long allBytes) {
    line(() -> "expansion: %s of %s".formatted(Format.bytes(bytes), Format.bytes(allBytes)));
  }
}
