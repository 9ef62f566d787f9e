package dev.sparkling.pipeline.error;

import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A failure of the network, a server or the machine; the same work may succeed when retried. */
public final class TransientError extends SparklingException {

  private static final long serialVersionUID = 1L;

  private final ErrorReason reason;

  public TransientError(String message, @Nullable Throwable cause) {
    this(ErrorReason.TRANSIENT_FAILURE, message, cause);
  }

  private TransientError(ErrorReason reason, String message, @Nullable Throwable cause) {
    super(oneLine(message), cause);
    this.reason = reason;
  }

  /** Creates an error of an object store that cannot be reached or does not answer properly. */
  public static TransientError storeUnavailable(String message, @Nullable Throwable cause) {
    return new TransientError(ErrorReason.STORE_UNAVAILABLE, message, cause);
  }

  /** Returns the same error in other words. */
  public TransientError reworded(UnaryOperator<String> problem) {
    return new TransientError(reason, problem.apply(String.valueOf(getMessage())), this);
  }

  @Override
  public ErrorReason reason() {
    return reason;
  }
}
