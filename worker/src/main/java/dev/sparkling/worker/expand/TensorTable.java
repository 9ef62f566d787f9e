package dev.sparkling.worker.expand;

import dev.sparkling.expander.run.TensorReport;
import dev.sparkling.worker.text.TextTable;
import java.util.ArrayList;
import java.util.DoubleSummaryStatistics;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/**
 * A table of an expansion's tensors, with one row for tensors that differ only in layer and expert.
 */
final class TensorTable {

  private TensorTable() {}

  /**
   * Returns the lines of the table.
   *
   * @param measured whether the tensors were expanded, so that there are measurements
   */
  static List<String> lines(List<TensorReport> tensors, boolean measured) {
    Map<String, List<TensorReport>> groups = new LinkedHashMap<>();
    for (TensorReport tensor : tensors) {
      if (tensor.name().endsWith("weight")) {
        groups.computeIfAbsent(kind(tensor), _ -> new ArrayList<>()).add(tensor);
      }
    }
    List<String> headings =
        new ArrayList<>(
            List.of("TENSOR", "COUNT", "SHAPE", "NEW SHAPE", "NEW ROWS", "NEW COLUMNS"));
    headings.add("FACTOR");
    if (measured) {
      headings.addAll(List.of("RMS", "NEW RMS", "RMS(Y)/RMS(X)", "AFTER"));
    }
    TextTable table = new TextTable(headings.toArray(String[]::new));
    groups.forEach((kind, group) -> table.add(cells(kind, group, measured)));
    return table.lines();
  }

  private static String[] cells(String kind, List<TensorReport> group, boolean measured) {
    TensorReport first = group.getFirst();
    List<String> cells =
        new ArrayList<>(
            List.of(
                kind,
                Integer.toString(group.size()),
                shape(first.shape()),
                shape(first.newShape()),
                grows(first, 0) ? first.newRows().name().toLowerCase(Locale.ROOT) : "",
                grows(first, 1) ? first.newColumns().name().toLowerCase(Locale.ROOT) : "",
                String.format(Locale.ROOT, "%.4f", first.factor())));
    if (measured) {
      cells.add(range(group, TensorReport::rms));
      cells.add(range(group, TensorReport::newRms));
      cells.add(range(group, TensorReport::ratio));
      cells.add(range(group, TensorReport::newRatio));
    }
    return cells.toArray(String[]::new);
  }

  /** Whether an axis grows; a vector has columns only. */
  private static boolean grows(TensorReport tensor, int axis) {
    int index = tensor.shape().size() == 1 ? axis - 1 : axis;
    return index >= 0 && !tensor.shape().get(index).equals(tensor.newShape().get(index));
  }

  private static String range(List<TensorReport> group, ToDoubleFunction<TensorReport> value) {
    DoubleSummaryStatistics all = group.stream().mapToDouble(value).summaryStatistics();
    if (all.getMax() == 0) {
      return "";
    }
    String min = String.format(Locale.ROOT, "%.4f", all.getMin());
    String max = String.format(Locale.ROOT, "%.4f", all.getMax());
    return min.equals(max) ? min : min + " to " + max;
  }

  private static String kind(TensorReport tensor) {
    return tensor
        .name()
        .replaceAll("\\.\\d+\\.", ".*.")
        .replaceFirst("^model\\.", "")
        .replaceFirst("\\.weight$", "");
  }

  private static String shape(List<Long> shape) {
    return shape.stream().map(String::valueOf).collect(Collectors.joining(" x "));
  }
}
