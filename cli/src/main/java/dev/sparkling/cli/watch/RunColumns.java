package dev.sparkling.cli.watch;

import dev.sparkling.cli.cluster.ServerTable;
import dev.sparkling.cli.cluster.ServerTable.TableColumn;
import dev.sparkling.cli.cluster.ServerTable.TableRow;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/** A table of runs with the same layout as kubectl's. */
final class RunColumns {

  private static final int GAP = 3;

  private final List<TableColumn> columns;
  private final boolean withNamespace;
  private final Predicate<TableColumn> shown;
  private final int[] widths;

  RunColumns(ServerTable table, boolean withNamespace, boolean wide) {
    this.columns = table.columns();
    this.withNamespace = withNamespace;
    this.shown = column -> wide || !column.wide();
    this.widths = new int[columns.size() + 1];
    fit(headings());
    table.rows().forEach(row -> fit(cells(row)));
  }

  String header() {
    return line(headings());
  }

  /** Returns a run's line; columns never shrink, so that later lines stay aligned. */
  String line(TableRow run) {
    List<String> cells = cells(run);
    fit(cells);
    return line(cells);
  }

  /** Returns a run's line with one word in place of its other columns. */
  String line(TableRow run, String word) {
    List<String> cells = new ArrayList<>(cells(run).subList(0, withNamespace ? 2 : 1));
    cells.add(word);
    return line(cells);
  }

  /** Returns the cells of a run that change only with the run, unlike an age. */
  List<String> stableCells(TableRow run) {
    return IntStream.range(0, Math.min(columns.size(), run.cells().size()))
        .filter(i -> shown.test(columns.get(i)) && !columns.get(i).timeDependent())
        .mapToObj(run.cells()::get)
        .toList();
  }

  private List<String> headings() {
    List<String> headings = new ArrayList<>();
    if (withNamespace) {
      headings.add("NAMESPACE");
    }
    columns.stream()
        .filter(shown)
        .map(column -> column.name().toUpperCase(Locale.ROOT))
        .forEach(headings::add);
    return headings;
  }

  private List<String> cells(TableRow run) {
    List<String> cells = new ArrayList<>();
    if (withNamespace) {
      cells.add(run.namespace());
    }
    IntStream.range(0, Math.min(columns.size(), run.cells().size()))
        .filter(i -> shown.test(columns.get(i)))
        .mapToObj(run.cells()::get)
        .forEach(cells::add);
    return cells;
  }

  private void fit(List<String> cells) {
    for (int i = 0; i < cells.size(); i++) {
      widths[i] = Math.max(widths[i], cells.get(i).length());
    }
  }

  private String line(List<String> cells) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < cells.size(); i++) {
      String cell = cells.get(i);
      line.append(cell).append(" ".repeat(Math.max(0, widths[i] - cell.length()) + GAP));
    }
    return line.toString().stripTrailing();
  }
}
