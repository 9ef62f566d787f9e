package dev.sparkling.pipeline.error;

import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The user must change something before the same work can succeed; never retried. */
public final class UserError extends SparklingException {

  private static final long serialVersionUID = 1L;

  public UserError(String message) {
    this(message, null);
  }

  public UserError(String message, @Nullable Throwable cause) {
    super(oneLine(message), cause);
  }

  /** All problems at once, one a line. */
  public UserError(List<String> problems) {
    super(
        problems.stream().map(SparklingException::oneLine).collect(Collectors.joining("\n")), null);
  }

  @Override
  public ErrorClass errorClass() {
    return ErrorClass.USER;
  }
}
