package dev.sparkling.checkpoint.format;

import java.util.Locale;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Where things are below a run's root. All are keys; none ends with a slash. */
public final class RunLayout {

  private static final Pattern STEP = Pattern.compile("step-(\\d{8,18})");

  private RunLayout() {}

  /** The folder of all checkpoints that a stage's trainer wrote. */
  public static String checkpoints(String stage) {
    return stage + "/checkpoints";
  }

  /** One checkpoint; the step counts from the beginning of the run. */
  public static String checkpoint(String stage, long step) {
    return checkpoints(stage) + "/" + String.format(Locale.ROOT, "step-%08d", step);
  }

  /** The widened checkpoint that the stage begins with. */
  public static String expansion(String stage) {
    return stage + "/expansion";
  }

  /** One JSON object a line: losses, rates, speed. */
  public static String metrics(String stage) {
    return stage + "/metrics.jsonl";
  }

  /** The same as an Arrow table, a row for each step. */
  public static String metricsTable(String stage) {
    return stage + "/metrics.arrow";
  }

  /** The same for TensorBoard, from the checkpoint before to the one of this step. */
  public static String events(String stage, long step) {
    return stage + String.format(Locale.ROOT, "/events.out.tfevents.%010d.sparkling", step);
  }

  /** The step of a checkpoint's folder name. */
  static OptionalLong step(String folder) {
    Matcher matcher = STEP.matcher(folder);
    return matcher.matches()
        ? OptionalLong.of(Long.parseLong(matcher.group(1)))
        : OptionalLong.empty();
  }

  /** What a training leaves behind that stopped because its numbers were no longer finite. */
  public static String dump(String stage, long step) {
    return stage + String.format(Locale.ROOT, "/not-finite-step-%08d.json", step);
  }
}
