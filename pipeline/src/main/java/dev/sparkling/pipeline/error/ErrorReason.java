package dev.sparkling.pipeline.error;

import java.util.Optional;
import java.util.stream.Stream;

/**
 * Reasons of errors, as conditions, events and the results of workers name them. They are part of
 * the API and are never renamed. With {@link ErrorClass}, this is the only table of exit codes,
 * reasons and what follows from them.
 */
public enum ErrorReason {
  INVALID_INPUT("InvalidInput", ErrorClass.USER, true),
  CREDENTIALS_REFUSED("CredentialsRefused", ErrorClass.USER, true),
  STORE_FULL("StoreFull", ErrorClass.USER, true),
  /** Another owner has the run's data, or another process has taken them over. */
  RUN_TAKEN("RunTaken", ErrorClass.USER, true),
  /** The loss is not finite; only other settings help, and those of a started run are fixed. */
  TRAINING_DIVERGED("TrainingDiverged", ErrorClass.USER, false),
  CORRUPT_CHECKPOINT("CorruptCheckpoint", ErrorClass.CORRUPT, false),
  /** Retried like other transient failures; a run then waits for the store. */
  STORE_UNAVAILABLE("StoreUnavailable", ErrorClass.TRANSIENT, true),
  TRANSIENT_FAILURE("TransientFailure", ErrorClass.TRANSIENT, false),
  INTERNAL_ERROR("InternalError", ErrorClass.BUG, false);

  private final String text;
  private final ErrorClass errorClass;
  private final boolean held;

  ErrorReason(String text, ErrorClass errorClass, boolean held) {
    this.text = text;
    this.errorClass = errorClass;
    this.held = held;
  }

  /** Returns the reason as it is written in conditions, events and results. */
  public String text() {
    return text;
  }

  public ErrorClass errorClass() {
    return errorClass;
  }

  /**
   * Whether a run waits until the cause is gone, once this error is not retried any more. Otherwise
   * the run fails.
   */
  public boolean held() {
    return held;
  }

  /** Returns the reason of any error; everything but a {@link SparklingException} is a bug. */
  public static ErrorReason of(Throwable error) {
    return error instanceof SparklingException known ? known.reason() : INTERNAL_ERROR;
  }

  /** Returns the general reason of a class of errors. */
  public static ErrorReason of(ErrorClass errorClass) {
    return switch (errorClass) {
      case USER -> INVALID_INPUT;
      case CORRUPT -> CORRUPT_CHECKPOINT;
      case TRANSIENT -> TRANSIENT_FAILURE;
      case BUG -> INTERNAL_ERROR;
    };
  }

  /** Finds a reason by its text; empty if a newer version has written it. */
  public static Optional<ErrorReason> of(String text) {
    return Stream.of(values()).filter(reason -> reason.text.equals(text)).findFirst();
  }
}
