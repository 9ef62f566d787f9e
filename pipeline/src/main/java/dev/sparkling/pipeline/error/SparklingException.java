package dev.sparkling.pipeline.error;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An error whose message a user reads. Messages have the shape {@code path or name: value and why,
 * then what is allowed}, one line per problem, without a trailing period and without secrets.
 */
public abstract sealed class SparklingException extends RuntimeException
    permits UserError, CorruptCheckpoint, TransientError {

  private static final long serialVersionUID = 1L;

  SparklingException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  /** Who must act. */
  public abstract ErrorClass errorClass();

  /** The message's problems, one a line. */
  public final List<String> problems() {
    return String.valueOf(getMessage()).lines().toList();
  }
}
