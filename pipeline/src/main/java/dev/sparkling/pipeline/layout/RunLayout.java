package dev.sparkling.pipeline.layout;

import dev.sparkling.pipeline.spec.ProgressiveTraining;
import java.util.Collection;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The keys of a run's objects, relative to the run's root. No key ends with a slash. */
public final class RunLayout {
  /** The folder of the control. No stage can have this name, because it contains a dot. */
  public static final String CONTROL = "control.narrow";

  /** Name of the folder of an expansion, without the mark of its writer. */
  public static final String EXPANSION = "expansion";

  /** The page that {@code sparkling report} writes. */
  public static final String REPORT = "report.html";

  /** The settings that the run was started with, all defaults filled in. */
  public static final String SETTINGS = "settings.json";

  /** The object that names the run's writer and its checkpoints. */
  public static final String FENCE = "fence.json";

  private static final String WRITER = "(?:-e(\\d{1,18})-([0-9a-f]{8}))?";
  private static final Pattern FOLDER =
      Pattern.compile("([^/]+)/(checkpoints/step-(\\d{8,18})|expansion)" + WRITER);
  private static final Pattern EVENTS =
      Pattern.compile("[^/]+/events\\.out\\.tfevents\\.(\\d{10,18})\\.sparkling" + WRITER);
  private static final String IN_STAGE =
      "/(checkpoints/step-\\d{8,}"
          + WRITER
          + "/[^/]+|expansion"
          + WRITER
          + "/[^/]+|metrics\\.(jsonl|arrow)"
          + "|events\\.out\\.tfevents\\.\\d{10,}\\.sparkling"
          + WRITER
          + "|not-finite-step-\\d{8,}\\.json)";

  private RunLayout() {}

  /** Returns the folder of all checkpoints that a stage's trainer wrote. */
  public static String checkpoints(String stage) {
    return stage + "/checkpoints";
  }

  /**
   * The suffix, unique to a writer, of the names of its checkpoints and event files, such as {@code
   * e3-5f0c2a91}.
   *
   * @param epoch epoch of the writer
   * @param incarnation random digits of the fence; a run that is deleted and started again has new
   *     ones
   */
  public record WriterMark(long epoch, String incarnation) {

    /** Whether this is the mark of an earlier writer of the same incarnation of the run. */
    public boolean isBefore(WriterMark other) {
      return incarnation.equals(other.incarnation) && epoch < other.epoch;
    }

    @Override
    public String toString() {
      return "e" + epoch + "-" + incarnation;
    }
  }

  /**
   * A folder of a checkpoint, as its name describes it.
   *
   * @param step number of steps since the start of the run; empty for an expansion
   * @param writer mark of the writer; empty if a version without fences, or a user, wrote it
   */
  public record StageFolder(String stage, OptionalLong step, Optional<WriterMark> writer) {}

  /** Parses the key of a folder; empty if no checkpoint can be there. */
  public static Optional<StageFolder> folder(String key) {
    Matcher matcher = FOLDER.matcher(key);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    String step = matcher.group(3);
    return Optional.of(
        new StageFolder(
            matcher.group(1),
            step == null ? OptionalLong.empty() : OptionalLong.of(Long.parseLong(step)),
            mark(matcher.group(4), matcher.group(5))));
  }

  /**
   * Returns the folder of a checkpoint.
   *
   * @param step number of steps since the start of the run
   */
  public static String checkpoint(String stage, long step, WriterMark writer) {
    return checkpoint(stage, step) + "-" + writer;
  }

  /** Returns the folder of a checkpoint as versions without fences named it. */
  public static String checkpoint(String stage, long step) {
    return checkpoints(stage) + "/" + String.format(Locale.ROOT, "step-%08d", step);
  }

  /**
   * Returns the folder of the widened checkpoint that a stage starts from.
   *
   * @param writer mark of the writer that began the expansion
   */
  public static String expansion(String stage, WriterMark writer) {
    return expansion(stage) + "-" + writer;
  }

  /** Returns the folder of a widened checkpoint as versions without fences named it. */
  public static String expansion(String stage) {
    return stage + "/" + EXPANSION;
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
  public static String events(String stage, long step, WriterMark writer) {
    return stage
        + String.format(Locale.ROOT, "/events.out.tfevents.%010d.sparkling-%s", step, writer);
  }

  /**
   * A file of TensorBoard events, as its name describes it.
   *
   * @param step last step of the events
   * @param writer mark of the writer; empty if a version without fences wrote it
   */
  public record EventsFile(long step, Optional<WriterMark> writer) {}

  /** Returns the key of an object that a writer writes and deletes when it starts. */
  public static String probe(WriterMark writer) {
    return "fence-probe-" + writer;
  }

  /** Parses the key of a file of TensorBoard events; empty if it is not such a file. */
  public static Optional<EventsFile> eventsFile(String key) {
    Matcher matcher = EVENTS.matcher(key);
    return matcher.matches()
        ? Optional.of(
            new EventsFile(
                Long.parseLong(matcher.group(1)), mark(matcher.group(2), matcher.group(3))))
        : Optional.empty();
  }

  private static Optional<WriterMark> mark(@Nullable String epoch, @Nullable String incarnation) {
    return epoch == null || incarnation == null
        ? Optional.empty()
        : Optional.of(new WriterMark(Long.parseLong(epoch), incarnation));
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
    return Pattern.compile(
            "(("
                + stages
                + ")"
                + IN_STAGE
                + "|report\\.html|settings\\.json|fence\\.json"
                + "|fence-probe-e\\d+-[0-9a-f]{8})")
        .asMatchPredicate();
  }
}
