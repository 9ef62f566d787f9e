package dev.sparkling.cli.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/**
 * A list as a table that the API server renders, as kubectl requests it, so that columns are the
 * same as kubectl's.
 *
 * @param resourceVersion version to watch from
 */
public record ServerTable(List<TableColumn> columns, List<TableRow> rows, String resourceVersion) {

  public ServerTable {
    columns = List.copyOf(columns);
    rows = List.copyOf(rows);
  }

  /**
   * A column.
   *
   * @param timeDependent whether the value changes with time even if the resource does not, as an
   *     age does
   * @param wide whether only {@code -o wide} shows it
   */
  public record TableColumn(String name, boolean timeDependent, boolean wide) {}

  /**
   * A row, which represents one resource.
   *
   * @param cells cell of each column; empty if there is no value
   * @param resource resource of the row, or only its metadata if that was requested
   */
  public record TableRow(List<String> cells, JsonNode resource) {
    public TableRow {
      cells = List.copyOf(cells);
    }

    public String name() {
      return resource.at("/metadata/name").asText();
    }

    public String namespace() {
      return resource.at("/metadata/namespace").asText();
    }

    /** Returns the UID, which distinguishes resources of the same name. */
    public String uid() {
      return resource.at("/metadata/uid").asText();
    }
  }

  static ServerTable parse(JsonNode table) {
    if (!table.path("kind").asText().equals("Table")) {
      throw new IllegalArgumentException("kind is " + table.path("kind").asText());
    }
    List<TableColumn> columns = new ArrayList<>();
    for (JsonNode column : table.path("columnDefinitions")) {
      columns.add(
          new TableColumn(
              column.path("name").asText(),
              column.path("type").asText().equals("date"),
              column.path("priority").asInt() > 0));
    }
    return new ServerTable(columns, rows(table), table.at("/metadata/resourceVersion").asText());
  }

  static List<TableRow> rows(JsonNode table) {
    List<TableRow> rows = new ArrayList<>();
    for (JsonNode row : table.path("rows")) {
      List<String> cells = new ArrayList<>();
      row.path("cells").forEach(cell -> cells.add(cell.isNull() ? "" : printable(cell.asText())));
      rows.add(new TableRow(cells, row.path("object")));
    }
    return rows;
  }

  /** Returns the first line without control characters, which a terminal would interpret. */
  static String printable(String text) {
    String line = text.lines().findFirst().orElse("");
    String rest = line.length() < text.strip().length() ? "..." : "";
    return line.replaceAll("\\p{Cntrl}", "?") + rest;
  }
}
