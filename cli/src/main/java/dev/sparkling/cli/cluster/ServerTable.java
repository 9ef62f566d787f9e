package dev.sparkling.cli.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/**
 * A list as a table by the API server: what kubectl prints, so that these columns cannot differ
 * from kubectl's.
 *
 * @param resourceVersion version to watch from
 */
public record ServerTable(List<TableColumn> columns, List<TableRow> rows, String resourceVersion) {

  public ServerTable {
    columns = List.copyOf(columns);
    rows = List.copyOf(rows);
  }

  /**
   * One column.
   *
   * @param passing whether the value changes with time alone, as an age does
   * @param wide whether only {@code -o wide} shows it
   */
  public record TableColumn(String name, boolean passing, boolean wide) {}

  /**
   * One resource.
   *
   * @param cells one for each column; empty if there is no value
   * @param resource the resource; only its metadata if no more was requested
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

    /** The UID, which tells two resources of one name apart. */
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

  /** The first line without control characters, which could steer a terminal. */
  static String printable(String text) {
    String line = text.lines().findFirst().orElse("");
    String rest = line.length() < text.strip().length() ? "..." : "";
    return line.replaceAll("\\p{Cntrl}", "?") + rest;
  }
}
