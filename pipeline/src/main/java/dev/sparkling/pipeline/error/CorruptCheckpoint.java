package dev.sparkling.pipeline.error;

import org.jspecify.annotations.Nullable;

/** A file whose content contradicts itself, its manifest or the plan; never retried or repaired. */
public final class CorruptCheckpoint extends SparklingException {

  private static final long serialVersionUID = 1L;

  public CorruptCheckpoint(String message) {
    this(message, null);
  }

  public CorruptCheckpoint(String message, @Nullable Throwable cause) {
    super(oneLine(message), cause);
  }

  @Override
  public ErrorReason reason() {
    return ErrorReason.CORRUPT_CHECKPOINT;
  }
}
