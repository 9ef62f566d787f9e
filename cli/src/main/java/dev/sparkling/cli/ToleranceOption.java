package dev.sparkling.cli;

import dev.sparkling.expander.run.ExpansionOptions;
import dev.sparkling.pipeline.error.UserError;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/**
 * How far an expansion may move the size of what goes through a matrix. In a variable too, because
 * a run and a pod have no options of an expansion.
 */
final class ToleranceOption {

  static final String VARIABLE = "SPARKLING_TOLERANCE";

  @Option(
      names = "--tolerance",
      paramLabel = "X",
      description =
          "How far RMS(y)/RMS(x) of a matrix may move from where the factor should hold it, where"
              + " its columns are not copied a whole number of times (default: $"
              + VARIABLE
              + ", or 0.05).")
  private @Nullable String tolerance;

  double value() {
    return tolerance == null ? ofEnvironment(System.getenv()) : parse("--tolerance", tolerance);
  }

  static double ofEnvironment(Map<String, String> environment) {
    String named = environment.get(VARIABLE);
    return named == null || named.isBlank()
        ? ExpansionOptions.DEFAULT_TOLERANCE
        : parse(VARIABLE, named);
  }

  private static double parse(String name, String text) {
    double value;
    try {
      value = Double.parseDouble(text.strip());
    } catch (NumberFormatException e) {
      throw new UserError(name + ": '" + text + "' is not a number above 0, such as 0.1", e);
    }
    if (!(value > 0 && Double.isFinite(value))) {
      throw new UserError(name + ": " + text + " is not a finite number above 0, such as 0.1");
    }
    return value;
  }
}
