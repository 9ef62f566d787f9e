package dev.sparkling.cli.report;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Lines over common x coordinates, as drawn by the page's script.
 *
 * @param about description in one or two sentences
 * @param x coordinates of all points, ascending
 * @param lines lines, each as long as {@code x}
 */
record Chart(
    String title, String about, String xName, String yName, List<Double> x, List<ChartLine> lines) {

  Chart {
    x = List.copyOf(x);
    lines = List.copyOf(lines);
  }

  /**
   * A line.
   *
   * @param dashed whether the line is dashed, for comparison
   * @param y values, one for each x; an element is null where the line has no point
   */
  @JsonInclude(JsonInclude.Include.ALWAYS)
  record ChartLine(String name, boolean dashed, List<@Nullable Double> y) {
    ChartLine {
      y = Collections.unmodifiableList(new ArrayList<>(y));
    }
  }

  /** A line with x coordinates of its own. */
  record Points(String name, boolean dashed, Map<Double, Double> y) {}

  /** Merges lines with x coordinates of their own into a chart with common ones. */
  static Chart of(String title, String about, String xName, String yName, List<Points> lines) {
    TreeMap<Double, Integer> axis = new TreeMap<>();
    lines.forEach(line -> line.y().keySet().forEach(x -> axis.put(x, 0)));
    List<Double> x = new ArrayList<>(axis.keySet());
    List<ChartLine> merged = new ArrayList<>();
    for (Points line : lines) {
      List<@Nullable Double> y = new ArrayList<>();
      x.forEach(value -> y.add(line.y().get(value)));
      merged.add(new ChartLine(line.name(), line.dashed(), y));
    }
    return new Chart(title, about, xName, yName, x, merged);
  }
}
