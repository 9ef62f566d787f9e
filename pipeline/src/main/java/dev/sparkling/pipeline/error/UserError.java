package dev.sparkling.pipeline.error;

import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** An error that the user has to fix before the same work can succeed; never retried. */
public final class UserError extends SparklingException {

  private static final long serialVersionUID = 1L;

  public UserError(String message) {
    this(message, null);
  }

  public UserError(String message, @Nullable Throwable cause) {
    super(oneLine(message), cause);
  }

  /** Creates an error from all problems at once, one per line. */
  public UserError(List<String> problems) {
    super(
        problems.stream().map(SparklingException::oneLine).collect(Collectors.joining("\n")), null);
  }

  @Override
  public ErrorClass errorClass() {
    return ErrorClass.USER;
  }
}
