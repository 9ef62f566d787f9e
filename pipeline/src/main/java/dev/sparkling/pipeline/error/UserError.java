package dev.sparkling.pipeline.error;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The user must change something before the same work can succeed; never retried. */
public final class UserError extends SparklingException {

  private static final long serialVersionUID = 1L;

  public UserError(String message) {
    this(message, null);
  }

  public UserError(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  /** All problems at once, one a line. */
  public UserError(List<String> problems) {
    this(String.join("\n", problems), null);
  }

  @Override
  public ErrorClass errorClass() {
    return ErrorClass.USER;
  }
}
