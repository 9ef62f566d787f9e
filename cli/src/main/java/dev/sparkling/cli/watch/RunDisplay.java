package dev.sparkling.cli.watch;

import dev.sparkling.cli.cluster.ServerTable.TableRow;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** A display of watched runs. */
sealed interface RunDisplay {

  /** Shows all runs, after each list and each change. */
  void all(Collection<TableRow> runs);

  /** Shows a run that is new or has changed. */
  void changed(TableRow run);

  void deleted(TableRow run);

  void problem(String line);

  /**
   * Shows what a run waits for.
   *
   * @param line text; empty once it does not wait any more
   */
  void hold(String line);

  /** One line for each change, for files and pipes. */
  record Lines(RunColumns columns, PrintWriter out, PrintWriter err) implements RunDisplay {
    public Lines {
      out.println(columns.header());
      out.flush();
    }

    @Override
    public void all(Collection<TableRow> runs) {
      // Each run is printed when it changes.
    }

    @Override
    public void changed(TableRow run) {
      out.println(columns.line(run));
      out.flush();
    }

    @Override
    public void deleted(TableRow run) {
      out.println(columns.line(run, "deleted"));
      out.flush();
    }

    @Override
    public void problem(String line) {
      err.println(line);
      err.flush();
    }

    @Override
    public void hold(String line) {
      if (!line.isEmpty()) {
        problem(line);
      }
    }
  }

  /** One table that is redrawn in place, for terminals. */
  final class Screen implements RunDisplay {

    private final RunColumns columns;
    private final PrintWriter out;
    private final Supplier<TerminalSize> terminal;
    private List<TableRow> shown = List.of();
    private String held = "";
    private int height;

    Screen(RunColumns columns, PrintWriter out, Supplier<TerminalSize> terminal) {
      this.columns = columns;
      this.out = out;
      this.terminal = terminal;
    }

    @Override
    public void all(Collection<TableRow> runs) {
      shown = List.copyOf(runs);
      draw(held.isEmpty() ? List.of() : List.of("", held));
    }

    @Override
    public void changed(TableRow run) {
      // all() draws it.
    }

    @Override
    public void deleted(TableRow run) {
      // all() draws the rest.
    }

    @Override
    public void problem(String line) {
      draw(List.of("", line));
    }

    @Override
    public void hold(String line) {
      held = line; // all() draws it
    }

    /**
     * Draws no more lines than the terminal has, because lines that scroll off the top cannot be
     * redrawn.
     */
    private void draw(List<String> notes) {
      TerminalSize size = terminal.get();
      List<String> below =
          notes.stream().flatMap(note -> wrapped(note, size.columns() - 1)).toList();
      List<String> lines = new ArrayList<>();
      List<String> rows = shown.stream().map(columns::line).toList();
      int room = Math.max(1, size.rows() - 3 - below.size());
      lines.add(columns.header());
      lines.addAll(rows.subList(0, Math.min(room, rows.size())));
      if (rows.size() > room) {
        lines.add("and " + (rows.size() - room) + " more");
      }
      lines.addAll(below);
      if (height > 0) {
        out.printf("\r\u001b[%dA\u001b[J", height); // move up and clear the rest
      }
      lines.forEach(
          line -> out.println(line.substring(0, Math.min(line.length(), size.columns() - 1))));
      out.flush();
      height = lines.size();
    }

    private static Stream<String> wrapped(String text, int width) {
      int lines = Math.max(1, Math.ceilDiv(text.length(), Math.max(1, width)));
      return IntStream.range(0, lines)
          .mapToObj(i -> text.substring(i * width, Math.min(text.length(), (i + 1) * width)));
    }
  }
}
