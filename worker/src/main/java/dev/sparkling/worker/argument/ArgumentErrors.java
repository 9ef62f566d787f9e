package dev.sparkling.worker.argument;

import dev.sparkling.pipeline.error.CorruptCheckpoint;
import dev.sparkling.pipeline.error.SparklingException;
import dev.sparkling.pipeline.error.TransientError;
import dev.sparkling.pipeline.error.UserError;
import java.util.Arrays;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Adds the names of arguments to errors. Damage to a checkpoint that the user named on the command
 * line is a user error (exit code 2), whereas damage to a run's own checkpoint is not (exit code
 * 3).
 */
public final class ArgumentErrors {

  /**
   * Field names, optionally with a value. Other lines begin with a path or URI, which has a slash.
   */
  private static final Pattern FIELDS =
      Pattern.compile("([a-z][A-Za-z.]*(?:, [a-z][A-Za-z.]*)*)(?: \\w+)?: ");

  private ArgumentErrors() {}

  /**
   * Runs an action and prefixes the lines of its errors with the argument's name; lines that
   * already name an option are unchanged.
   */
  public static <T> T naming(String argument, Supplier<T> action) {
    try {
      return action.get();
    } catch (CorruptCheckpoint | UserError e) {
      throw named(e, _ -> argument);
    }
  }

  /**
   * Runs an action that reads one checkpoint and writes another, and prefixes the lines of its
   * errors with the name of the argument that caused them. Damage to the written checkpoint is not
   * caused by an argument, so its exit code stays 3.
   */
  public static <T> T naming(
      CheckpointArgument source, CheckpointArgument target, Supplier<T> action) {
    String written = target.at().toString();
    try {
      return action.get();
    } catch (CorruptCheckpoint | UserError e) {
      if (e instanceof CorruptCheckpoint && String.valueOf(e.getMessage()).startsWith(written)) {
        throw e;
      }
      throw named(e, line -> line.startsWith(written) ? target.name() : source.name());
    }
  }

  /**
   * Runs an action of a library whose errors begin with the names of fields, such as {@code
   * hiddenSize: ...}, {@code hiddenSize, innerSize: ...} or {@code device cuda: ...}, and replaces
   * these names.
   *
   * @param nameOf function from a field to the option or the path in the resource that sets it; it
   *     returns other names unchanged
   */
  public static <T> T renaming(UnaryOperator<String> nameOf, Supplier<T> action) {
    try {
      return action.get();
    } catch (UserError e) {
      throw e.reworded(line -> renamed(nameOf, line));
    } catch (TransientError e) {
      throw e.reworded(line -> renamed(nameOf, line));
    }
  }

  private static String renamed(UnaryOperator<String> nameOf, String line) {
    Matcher fields = FIELDS.matcher(line);
    return fields.lookingAt()
        ? Arrays.stream(fields.group(1).split(", ", -1))
                .map(nameOf)
                .collect(Collectors.joining(", "))
            + line.substring(fields.end(1))
        : line;
  }

  private static UserError named(SparklingException error, UnaryOperator<String> argument) {
    return new UserError(
        error.problems().stream()
            .map(line -> line.startsWith("--") ? line : argument.apply(line) + " " + line)
            .toList());
  }
}
