package dev.sparkling.worker.process;

import dev.sparkling.pipeline.job.Outcome;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Handles SIGTERM and Ctrl-C: work stops at the next safe point, and then the process exits. On
 * such a signal, the JVM runs its shutdown hooks and then halts with 128 + the signal's number; the
 * hook here delays that until {@link #exit} or until the grace period has expired.
 */
public final class StopSignal implements AutoCloseable {

  /** Less than the 30 seconds after which Kubernetes sends SIGKILL by default. */
  private static final Duration GRACE = Duration.ofSeconds(25);

  private static final CountDownLatch ENDED = new CountDownLatch(1);
  private static volatile boolean stopping;

  private final Duration grace;
  private final Runnable graceExpired;
  private final Thread hook = new Thread(this::stop, "stop");
  private volatile boolean requested;

  /** Starts listening, with a grace period of 25 seconds. */
  public StopSignal() {
    this(GRACE, () -> System.err.println(expired(GRACE.toSeconds())));
  }

  /**
   * Starts listening.
   *
   * @param grace maximum time from the signal to the end of the process, even if work has not
   *     stopped
   * @param graceExpired action if work has not ended within the grace period
   */
  StopSignal(Duration grace, Runnable graceExpired) {
    this.grace = grace;
    this.graceExpired = graceExpired;
    Runtime.getRuntime().addShutdownHook(hook);
  }

  /** Returns the message of a process that exits before its work has stopped. */
  static String expired(long graceSeconds) {
    return "stopped after the grace period of %d s; the next start resumes from the newest checkpoint"
        .formatted(graceSeconds);
  }

  /** Exits the process after all output is written; never returns. */
  static void exit(int code) {
    if (stopping && code != Outcome.STOPPED_EXIT_CODE) {
      // The work completed or failed after the signal; a JVM that is shutting down would exit with
      // the signal's code.
      Runtime.getRuntime().halt(code);
    }
    ENDED.countDown();
    // If the JVM is already shutting down, this call blocks, but the hook no longer waits, so that
    // the
    // process ends.
    System.exit(code);
  }

  /** Whether the process was asked to stop. */
  public boolean requested() {
    return requested;
  }

  /** Stops listening. If the signal has been received, the process still ends in {@link #exit}. */
  @Override
  public void close() {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      return; // the JVM is shutting down, and the hook is running
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
