package dev.sparkling.pipeline.error;

/** Classes of errors, by who has to act, with their exit codes. */
public enum ErrorClass {
  /** The user must change something: the resource, a file, a credential, the disk. */
  USER(2, false),
  /** A checkpoint of the run is damaged: stop, and keep the files as evidence. */
  CORRUPT(3, false),
  /** The environment failed: the same work may succeed when it is retried. */
  TRANSIENT(4, true),
  /** A defect of Sparkling itself. Retried, because a retry costs less than a person's time. */
  BUG(1, true);

  private final int exitCode;
  private final boolean retried;

  ErrorClass(int exitCode, boolean retried) {
    this.exitCode = exitCode;
    this.retried = retried;
  }

  /** Exit code of a command or pod that ends with this error. */
  public int exitCode() {
    return exitCode;
  }

  /** Whether the same work is retried, within the resource's {@code retries}. */
  public boolean retried() {
    return retried;
  }

  /** Returns the class of any error; everything but a {@link SparklingException} is a bug. */
  public static ErrorClass of(Throwable error) {
    return ErrorReason.of(error).errorClass();
  }
}
