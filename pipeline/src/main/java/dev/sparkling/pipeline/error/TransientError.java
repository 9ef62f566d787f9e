package dev.sparkling.pipeline.error;

import org.jspecify.annotations.Nullable;

/** A failure of the network, a server or the machine; the same work may succeed when retried. */
public final class TransientError extends SparklingException {

  private static final long serialVersionUID = 1L;

  public TransientError(String message, @Nullable Throwable cause) {
    super(oneLine(message), cause);
  }

  @Override
  public ErrorClass errorClass() {
    return ErrorClass.TRANSIENT;
  }
}
