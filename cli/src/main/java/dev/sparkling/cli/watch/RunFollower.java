package dev.sparkling.cli.watch;

import dev.sparkling.cli.cluster.RunStatus;
import dev.sparkling.cli.cluster.RunWatch;
import dev.sparkling.cli.cluster.ServerTable;
import dev.sparkling.cli.cluster.ServerTable.TableRow;
import dev.sparkling.pipeline.error.ErrorReason;
import dev.sparkling.pipeline.error.TransientError;
import dev.sparkling.pipeline.error.UserError;
import dev.sparkling.pipeline.status.Condition;
import dev.sparkling.pipeline.status.Phase;
import dev.sparkling.pipeline.status.ProgressiveTrainingStatus;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Forwards changes to a display, and ends the watch when a single run has ended. */
final class RunFollower implements RunWatch.Listener {

  private final @Nullable String name;
  private final String place;
  private final Function<ServerTable, RunColumns> layout;
  private final Function<RunColumns, RunDisplay> displays;
  private final PrintWriter err;
  private final Map<String, TableRow> runs = new LinkedHashMap<>();

  private @Nullable RunColumns columns;
  private @Nullable RunDisplay display;
  private boolean interrupted;
  private int exitCode;

  /**
   * Creates a follower, whose display is created with the columns of the first list.
   *
   * @param name name of a single run, which is followed to its end; null for all runs
   * @param place namespace of the runs, for messages
   * @param layout factory of the columns
   * @param displays factory of the display
   */
  RunFollower(
      @Nullable String name,
      String place,
      Function<ServerTable, RunColumns> layout,
      Function<RunColumns, RunDisplay> displays,
      PrintWriter err) {
    this.name = name;
    this.place = place;
    this.layout = layout;
    this.displays = displays;
    this.err = err;
  }

  /** Returns the exit code: 0, or the code of the error that the single run failed with. */
  int exitCode() {
    return exitCode;
  }

  @Override
  public boolean listed(ServerTable table) {
    RunDisplay shown = display;
    if (shown == null) {
      if (table.rows().isEmpty() && name != null) {
        throw GetCommand.missing(name, place);
      }
      columns = layout.apply(table);
      shown = displays.apply(columns);
      display = shown;
      if (table.rows().isEmpty()) {
        shown.problem("no runs in " + place + " yet");
      }
    }
    interrupted = false;
    boolean hadRuns = !runs.isEmpty();
    Set<String> present = table.rows().stream().map(TableRow::uid).collect(Collectors.toSet());
    for (TableRow gone : List.copyOf(runs.values())) {
      if (!present.contains(gone.uid())) {
        remove(shown, gone);
      }
    }
    boolean more = true;
    for (TableRow run : table.rows()) {
      more &= show(shown, run);
    }
    if (hadRuns || !runs.isEmpty()) {
      shown.all(runs.values());
    }
    return more || end();
  }

  @Override
  public boolean changed(TableRow run) {
    RunDisplay shown = shown();
    boolean more = show(shown, run);
    shown.all(runs.values());
    return more || end();
  }

  @Override
  public boolean deleted(TableRow run) {
    RunDisplay shown = shown();
    remove(shown, run);
    shown.all(runs.values());
    return true;
  }

  @Override
  public void interrupted(TransientError problem) {
    if (!interrupted) { // once, even if several attempts fail
      interrupted = true;
      problem.problems().forEach(line -> shown().problem(line + "; trying again"));
    }
  }

  /** Shows a run; returns false if it is the single one and has ended. */
  private boolean show(RunDisplay shown, TableRow run) {
    RunColumns layout = Objects.requireNonNull(columns);
    TableRow before = runs.put(run.uid(), run);
    if (before == null || !layout.stableCells(before).equals(layout.stableCells(run))) {
      shown.changed(run);
    }
    if (name != null) {
      String hold = hold(run);
      if (before == null || !hold.equals(hold(before))) {
        shown.hold(hold);
      }
    }
    return name == null || !hasEnded(run);
  }

  private void remove(RunDisplay shown, TableRow run) {
    if (runs.remove(run.uid()) != null) {
      shown.deleted(run);
    }
    if (name != null) {
      throw new UserError("run %s: was deleted while it was watched".formatted(name));
    }
  }

  /** Returns what a run waits for; empty unless it is held. */
  private static String hold(TableRow run) {
    ProgressiveTrainingStatus status = RunStatus.of(run);
    return status.phase() == Phase.HELD
        ? "run %s: %s"
            .formatted(
                run.name(),
                condition(status, "Progressing").map(Condition::message).orElse("no message"))
        : "";
  }

  private static Optional<Condition> condition(ProgressiveTrainingStatus status, String type) {
    return status.conditions().stream()
        .filter(condition -> condition.type().equals(type))
        .findFirst();
  }

  private static boolean hasEnded(TableRow run) {
    Phase phase = RunStatus.of(run).phase();
    return phase == Phase.SUCCEEDED || phase == Phase.FAILED;
  }

  /** Ends the watch; prints why the single run has failed, if it has. */
  private boolean end() {
    ProgressiveTrainingStatus status = RunStatus.of(runs.values().iterator().next());
    if (status.phase() == Phase.FAILED) {
      Optional<Condition> failed = condition(status, "Failed");
      String reason = failed.map(Condition::reason).orElse("");
      failed
          .map(Condition::message)
          .orElse("no message")
          .lines()
          .forEach(line -> err.println("run %s: failed: %s".formatted(name, line)));
      err.flush();
      exitCode = exitCode(reason);
    }
    return false;
  }

  /** Returns the exit code of the worker that failed. */
  private static int exitCode(String reason) {
    return ErrorReason.of(reason).orElse(ErrorReason.INTERNAL_ERROR).errorClass().exitCode();
  }

  private RunDisplay shown() {
    return Objects.requireNonNull(display);
  }
}
