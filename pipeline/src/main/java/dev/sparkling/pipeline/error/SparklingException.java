package dev.sparkling.pipeline.error;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * An error whose message is written for users. Messages have the form {@code path or name: value
 * and why, then what is allowed}, one line per problem, without a trailing period and without
 * secrets.
 */
public abstract sealed class SparklingException extends RuntimeException
    permits UserError, CorruptCheckpoint, TransientError {

  private static final long serialVersionUID = 1L;

  SparklingException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  /**
   * Escapes control characters as in Java, so that a problem stays on one line whatever names it
   * contains.
   */
  static String oneLine(String problem) {
    StringBuilder line = new StringBuilder();
    problem
        .codePoints()
        .forEach(
            character -> {
              switch (Character.getType(character)) {
                case Character.CONTROL, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR ->
                    line.append(String.format(Locale.ROOT, "\\u%04x", character));
                default -> line.appendCodePoint(character);
              }
            });
    return line.toString();
  }

  /** Returns the reason of this error. */
  public abstract ErrorReason reason();

  /** Returns the class of this error, which says who has to act. */
  public final ErrorClass errorClass() {
    return reason().errorClass();
  }

  /** Returns the problems in the message, one per line. */
  public final List<String> problems() {
    return String.valueOf(getMessage()).lines().toList();
  }
}
