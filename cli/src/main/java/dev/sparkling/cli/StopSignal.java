package dev.sparkling.cli;

import dev.sparkling.pipeline.job.Outcome;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * SIGTERM and Ctrl-C: the step ends, a checkpoint is written, then the process ends. The signal
 * makes the JVM run its shutdown hooks and then halt with 128 + the signal's number; the hook here
 * holds that off until {@link #exit} or until whoever sent the signal would kill.
 */
final class StopSignal implements AutoCloseable {

  /** Kubernetes kills after 30 seconds where nobody says otherwise. */
  private static final Duration GRACE = Duration.ofSeconds(25);

  private static final CountDownLatch ENDED = new CountDownLatch(1);
  private static volatile boolean stopping;

  private final Duration grace;
  private final Runnable tooLate;
  private final Thread hook = new Thread(this::stop, "stop");
  private volatile boolean requested;

  /** Listens from now on; the process ends 25 seconds after the signal at the latest. */
  StopSignal() {
    this(
        GRACE,
        () ->
            System.err.println(
                "stop: no checkpoint within " + GRACE.toSeconds() + " s; the newest one counts"));
  }

  /**
   * Listens from now on.
   *
   * @param grace between the signal and the end of the process, come what may
   * @param tooLate run where the work does not end within it
   */
  StopSignal(Duration grace, Runnable tooLate) {
    this.grace = grace;
    this.tooLate = tooLate;
    Runtime.getRuntime().addShutdownHook(hook);
  }

  /** Ends the process when all is written and printed; never returns. */
  static void exit(int code) {
    if (stopping && code != Outcome.STOPPED_EXIT_CODE) {
      // It ended otherwise while it was asked to stop, and hooks cannot change the JVM's exit code.
      Runtime.getRuntime().halt(code);
    }
    ENDED.countDown();
    // Blocks for ever where the JVM is shutting down already: its hooks are no longer held off.
    System.exit(code);
  }

  boolean requested() {
    return requested;
  }

  /** The work has ended; if by the signal, the process ends in {@link #exit}. */
  @Override
  public void close() {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      return; // the signal has come, and the hook runs
    }
  }

  private void stop() {
    stopping = true;
    requested = true;
    try {
      if (!ENDED.await(grace.toMillis(), TimeUnit.MILLISECONDS)) {
        tooLate.run();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
