package dev.sparkling.cli.watch;

import dev.sparkling.cli.cluster.ServerTable;
import dev.sparkling.pipeline.json.JsonNames;
import dev.sparkling.pipeline.status.CheckpointStatus;
import dev.sparkling.pipeline.status.Condition;
import dev.sparkling.pipeline.status.ExpansionStatus;
import dev.sparkling.pipeline.status.ProgressiveTrainingStatus;
import dev.sparkling.pipeline.status.StageStatus;
import dev.sparkling.worker.text.Format;
import dev.sparkling.worker.text.TextTable;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Details of a run that do not fit in one line of a table: its stages, expansions and conditions.
 */
final class RunDetails {

  /** Number of events that are shown. */
  private static final int EVENTS = 10;

  private final ProgressiveTrainingStatus status;

  RunDetails(ProgressiveTrainingStatus status) {
    this.status = status;
  }

  void print(PrintWriter out) {
    stages().forEach(out::println);
    expansions().forEach(out::println);
    conditions().forEach(out::println);
  }

  /** Prints the newest events in the server's columns, without the column of the object. */
  static void printEvents(ServerTable events, PrintWriter out) {
    List<ServerTable.TableRow> newest =
        events.rows().subList(Math.max(0, events.rows().size() - EVENTS), events.rows().size());
    if (newest.isEmpty()) {
      return;
    }
    int[] shown =
        IntStream.range(0, events.columns().size())
            .filter(
                i ->
                    !events.columns().get(i).wide()
                        && !events.columns().get(i).name().equalsIgnoreCase("object"))
            .toArray();
    TextTable table =
        new TextTable(
            IntStream.of(shown)
                .mapToObj(i -> events.columns().get(i).name().toUpperCase(Locale.ROOT))
                .toArray(String[]::new));
    newest.forEach(
        event ->
            table.add(IntStream.of(shown).mapToObj(event.cells()::get).toArray(String[]::new)));
    out.println();
    table.lines().forEach(out::println);
  }

  private List<String> stages() {
    if (status.stages().isEmpty()) {
      return List.of("", "the operator has not seen this run yet");
    }
    TextTable table =
        new TextTable(
            "STAGE", "STATE", "STEP", "TOKENS", "LOSS", "VALIDATION", "ATTEMPTS", "CHECKPOINT");
    for (StageStatus stage : status.stages()) {
      table.add(
          stage.name(),
          text(stage.state(), JsonNames::of),
          Long.toString(stage.figures().step()),
          Format.count(stage.figures().tokens()),
          text(stage.figures().loss(), Format::loss),
          text(stage.figures().validationLoss(), Format::loss),
          Integer.toString(stage.counts().attempts()),
          text(stage.checkpoint(), CheckpointStatus::uri));
    }
    return after(table);
  }

  private List<String> expansions() {
    TextTable table =
        new TextTable(
            "EXPANSION",
            "LOSS BEFORE",
            "LOSS AFTER",
            "RMS BEFORE",
            "RMS AFTER",
            "SECONDS",
            "BYTES");
    for (StageStatus stage : status.stages()) {
      ExpansionStatus expansion = stage.expansion();
      if (expansion != null) {
        table.add(
            stage.name(),
            text(expansion.lossBefore(), Format::loss),
            text(expansion.lossAfter(), Format::loss),
            text(expansion.rmsBefore(), Format::loss),
            text(expansion.rmsAfter(), Format::loss),
            text(expansion.seconds(), seconds -> String.format(Locale.ROOT, "%.1f", seconds)),
            text(expansion.bytes(), Format::bytes));
      }
    }
    return table.lines().size() == 1 ? List.of() : after(table);
  }

  /** Returns the most important condition: Failed, or else Ready, or else Progressing. */
  private List<String> conditions() {
    Optional<Condition> shown =
        condition("Failed")
            .or(() -> condition("Ready"))
            .or(
                () ->
                    status.conditions().stream()
                        .filter(condition -> condition.type().equals("Progressing"))
                        .findFirst());
    List<String> lines = new ArrayList<>();
    shown.ifPresent(
        condition -> {
          lines.add("");
          lines.add(
              "%s: %s, since %s"
                  .formatted(
                      condition.status().equals("True")
                          ? condition.type()
                          : "not " + condition.type(),
                      condition.reason(),
                      condition.lastTransitionTime()));
          condition.message().lines().map(line -> "  " + line).forEach(lines::add);
        });
    return lines;
  }

  private Optional<Condition> condition(String type) {
    return status.conditions().stream()
        .filter(condition -> condition.type().equals(type) && condition.status().equals("True"))
        .findFirst();
  }

  private static List<String> after(TextTable table) {
    List<String> lines = new ArrayList<>(List.of(""));
    lines.addAll(table.lines());
    return lines;
  }

  private static <T> String text(@Nullable T value, Function<T, String> format) {
    return value == null ? "" : format.apply(value);
  }
}
