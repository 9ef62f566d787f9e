package dev.sparkling.pipeline.error;

/**
 * Classes of errors, by who has to act. This is the only table of exit codes, condition reasons and
 * retries; the command line, the pods and the operator all use it.
 */
public enum ErrorClass {
  /** The user must change something: the resource, a file, a credential, the disk. */
  USER(2, "InvalidInput", false),
  /** A checkpoint of the run is damaged: stop, and keep the files as evidence. */
  CORRUPT(3, "CorruptCheckpoint", false),
  /** The environment failed: the same work may succeed when it is retried. */
  TRANSIENT(4, "TransientFailure", true),
  /** A defect of Sparkling itself. Retried, because a retry costs less than a person's time. */
  BUG(1, "InternalError", true);

  private final int exitCode;
  private final String reason;
  private final boolean retried;

  ErrorClass(int exitCode, String reason, boolean retried) {
    this.exitCode = exitCode;
    this.reason = reason;
    this.retried = retried;
  }

  /** Exit code of a command or pod that ends with this error. */
  public int exitCode() {
    return exitCode;
  }

  /** Reason of the Failed condition; part of the API, so never renamed. */
  public String reason() {
    return reason;
  }

  /** Whether the same work is retried, within the resource's {@code retries}. */
  public boolean retried() {
    return retried;
  }

  /** Returns the class of any error; everything but a {@link SparklingException} is a bug. */
  public static ErrorClass of(Throwable error) {
    return error instanceof SparklingException known ? known.errorClass() : BUG;
  }
}
