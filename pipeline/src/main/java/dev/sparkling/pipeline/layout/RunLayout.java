package dev.sparkling.pipeline.layout;

import dev.sparkling.pipeline.spec.ProgressiveTraining;
import java.util.Collection;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The keys of a run's objects, relative to the run's root. No key ends with a slash. */
public final class RunLayout {
  /** The folder of the control. No stage can have this name, because it contains a dot. */
  public static final String CONTROL = "control.narrow";

  /** The page that {@code sparkling report} writes. */
  public static final String REPORT = "report.html";

  /** The settings that the run was started with, all defaults filled in. */
  public static final String SETTINGS = "settings.json";

  private static final Pattern STEP = Pattern.compile("step-(\\d{8,18})");
  private static final String IN_STAGE =
      "/(checkpoints/step-\\d{8,}/[^/]+|expansion/[^/]+|metrics\\.(jsonl|arrow)"
          + "|events\\.out\\.tfevents\\.\\d{10,}\\.sparkling"
          + "|not-finite-step-\\d{8,}\\.json)";

  private RunLayout() {}

  /** Returns the folder of all checkpoints that a stage's trainer wrote. */
  public static String checkpoints(String stage) {
    return stage + "/checkpoints";
  }

  /** Returns the folder of a checkpoint; the step is counted over the whole run. */
  public static String checkpoint(String stage, long step) {
    return checkpoints(stage) + "/" + String.format(Locale.ROOT, "step-%08d", step);
  }

  /** Parses the step from the name of a checkpoint's folder; empty if it is not such a name. */
  public static OptionalLong step(String folder) {
    Matcher matcher = STEP.matcher(folder);
    return matcher.matches()
        ? OptionalLong.of(Long.parseLong(matcher.group(1)))
        : OptionalLong.empty();
  }

  /** Returns the folder of the widened checkpoint that a stage starts from. */
  public static String expansion(String stage) {
    return stage + "/expansion";
  }

  /** Returns the file of a stage's metrics, with one JSON object per line. */
  public static String metrics(String stage) {
    return stage + "/metrics.jsonl";
  }

  /** Returns the file of the metrics as an Arrow table, with one row per step. */
  public static String metricsTable(String stage) {
    return stage + "/metrics.arrow";
  }

  /**
   * Returns the file of the metrics for TensorBoard, from the previous checkpoint to that of {@code
   * step}.
   */
  public static String events(String stage, long step) {
    return stage + String.format(Locale.ROOT, "/events.out.tfevents.%010d.sparkling", step);
  }

  /** Returns the file that describes a step whose loss or gradients were not finite. */
  public static String dump(String stage, long step) {
    return stage + String.format(Locale.ROOT, "/not-finite-step-%08d.json", step);
  }

  /** Accepts the keys of a run with these stages. */
  public static Predicate<String> keysOf(Collection<String> stages) {
    return keys(stages.stream().map(Pattern::quote).collect(Collectors.joining("|")));
  }

  /** Accepts the keys of any run, whatever the names of its stages, and of a control. */
  public static Predicate<String> keysOfAnyRun() {
    return keys(ProgressiveTraining.NAME + "|" + Pattern.quote(CONTROL));
  }

  private static Predicate<String> keys(String stages) {
    return Pattern.compile("((" + stages + ")" + IN_STAGE + "|report\\.html|settings\\.json)")
        .asMatchPredicate();
  }
}
