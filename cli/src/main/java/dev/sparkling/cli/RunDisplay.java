package dev.sparkling.cli;

import dev.sparkling.cli.cluster.ServerTable.Row;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Supplier;

/** Shows runs that are being watched. */
sealed interface RunDisplay {

  /** All that there are, each time that the cluster has listed them or one has changed. */
  void all(Collection<Row> runs);

  /** One is new or differs from what was shown of it. */
  void changed(Row run);

  void deleted(Row run);

  void problem(String line);

  /** A line for each change: for files and pipes. */
  record Lines(RunColumns columns, PrintWriter out, PrintWriter err) implements RunDisplay {
    public Lines {
      out.println(columns.header());
      out.flush();
    }

    @Override
    public void all(Collection<Row> runs) {
      // Each was said already when it changed.
    }

    @Override
    public void changed(Row run) {
      out.println(columns.line(run));
      out.flush();
    }

    @Override
    public void deleted(Row run) {
      out.println(columns.line(run, "deleted"));
      out.flush();
    }

    @Override
    public void problem(String line) {
      err.println(line);
      err.flush();
    }
  }

  /** One table, drawn over itself: for terminals. */
  final class Screen implements RunDisplay {

    private final RunColumns columns;
    private final PrintWriter out;
    private final Supplier<TerminalSize> terminal;
    private List<Row> shown = List.of();
    private int height;

    Screen(RunColumns columns, PrintWriter out, Supplier<TerminalSize> terminal) {
      this.columns = columns;
      this.out = out;
      this.terminal = terminal;
    }

    @Override
    public void all(Collection<Row> runs) {
      shown = List.copyOf(runs);
      draw(List.of());
    }

    @Override
    public void changed(Row run) {
      // Drawn with all.
    }

    @Override
    public void deleted(Row run) {
      // As above.
    }

    @Override
    public void problem(String line) {
      draw(List.of("", line));
    }

    /** Never more than the terminal holds: what has left its top can no longer be drawn over. */
    private void draw(List<String> below) {
      TerminalSize size = terminal.get();
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
        out.printf("\r\u001b[%dA\u001b[J", height); // up, and clear from there on
      }
      lines.forEach(
          line -> out.println(line.substring(0, Math.min(line.length(), size.columns() - 1))));
      out.flush();
      height = lines.size();
    }
  }
}
