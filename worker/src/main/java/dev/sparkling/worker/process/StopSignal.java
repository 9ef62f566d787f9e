package dev.sparkling.worker.process;

import dev.sparkling.pipeline.job.Outcome;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * SIGTERM and Ctrl-C: the work stops at its next safe point, and then the process ends. The JVM
 * answers such a signal by running its shutdown hooks and then halting with 128 + the signal's
 * number; the hook here delays that until {@link #exit}, or until the grace period is over.
 */
public final class StopSignal implements AutoCloseable {

  /** Kubernetes' own default is 30 seconds until SIGKILL. */
  private static final Duration GRACE = Duration.ofSeconds(25);

  private static final CountDownLatch ENDED = new CountDownLatch(1);
  private static volatile boolean stopping;

  private final Duration grace;
  private final Runnable graceExpired;
  private final Thread hook = new Thread(this::stop, "stop");
  private volatile boolean requested;

  /** Listens from now on, with a grace period of 25 seconds. */
  public StopSignal() {
    this(GRACE, () -> System.err.println(expired(GRACE.toSeconds())));
  }

  /**
   * Listens from now on.
   *
   * @param grace time between the signal and the end of the process, whatever the work does
   * @param graceExpired action if the work has not ended within it
   */
  StopSignal(Duration grace, Runnable graceExpired) {
    this.grace = grace;
    this.graceExpired = graceExpired;
    Runtime.getRuntime().addShutdownHook(hook);
  }

  /** The message of a process that ends before its work has stopped. */
  static String expired(long graceSeconds) {
    return "stopped after the grace period of %d s; the next start resumes from the newest checkpoint"
        .formatted(graceSeconds);
  }

  /** Ends the process once everything is written and printed; never returns. */
  static void exit(int code) {
    if (stopping && code != Outcome.STOPPED_EXIT_CODE) {
      // The work completed or failed while it was asked to stop, and a JVM that is shutting down
      // keeps the signal's exit code.
      Runtime.getRuntime().halt(code);
    }
    ENDED.countDown();
    // Blocks forever if the JVM is shutting down already: its hooks no longer wait.
    System.exit(code);
  }

  /** Whether the process was asked to stop. */
  public boolean requested() {
    return requested;
  }

  /** Stops listening; if the signal has come, the process ends in {@link #exit}. */
  @Override
  public void close() {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      return; // the JVM is shutting down, and the hook runs
    }
  }

  private void stop() {
    stopping = true;
    requested = true;
    try {
      if (!ENDED.await(grace.toMillis(), TimeUnit.MILLISECONDS)) {
        graceExpired.run();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
