package dev.sparkling.pipeline.error;

import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** An error that the user has to fix before the same work can succeed; never retried. */
public final class UserError extends SparklingException {

  private static final long serialVersionUID = 1L;

  private final ErrorReason reason;

  public UserError(String message) {
    this(message, null);
  }

  public UserError(String message, @Nullable Throwable cause) {
    this(ErrorReason.INVALID_INPUT, message, cause);
  }

  /**
   * Creates an error with a reason other than invalid input.
   *
   * @param reason reason of the class USER
   */
  public UserError(ErrorReason reason, String message, @Nullable Throwable cause) {
    super(oneLine(message), cause);
    this.reason = reason;
  }

  /** Creates an error from all problems at once, one per line. */
  public UserError(List<String> problems) {
    this(ErrorReason.INVALID_INPUT, problems);
  }

  /** Creates an error from all problems at once, with a reason of the class USER. */
  public UserError(ErrorReason reason, List<String> problems) {
    this(reason, problems, null);
  }

  private UserError(ErrorReason reason, List<String> problems, @Nullable Throwable cause) {
    super(
        problems.stream().map(SparklingException::oneLine).collect(Collectors.joining("\n")),
        cause);
    this.reason = reason;
  }

  /** Returns the same error with each problem in other words. */
  public UserError reworded(UnaryOperator<String> problem) {
    return new UserError(reason, problems().stream().map(problem).toList(), this);
  }

  @Override
  public ErrorReason reason() {
    return reason;
  }
}
