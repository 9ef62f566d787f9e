package dev.sparkling.expander.stream;

import dev.sparkling.checkpoint.format.PlacedTensor;
import dev.sparkling.checkpoint.format.TensorFile;
import dev.sparkling.checkpoint.safetensors.TensorSpec;
import dev.sparkling.expander.plan.NewEntries;
import dev.sparkling.expander.plan.TensorPlan;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Divides files of one kind (weights or optimizer state) into portions. Adjacent small tensors
 * share a portion, because a checkpoint may have thousands of them, such as experts of about 1 MiB
 * each. Large tensors are split between rows. The division depends only on the files and the plan,
 * so that sums over portions are bitwise reproducible.
 */
public final class PortionLayout {

  /** Largest size of a portion, old and new rows together, unless a single row is larger. */
  static final long PORTION_BYTES = 16L << 20;

  /**
   * Largest gap between two tensors of a portion, in bytes; gaps are read too. Sparkling's own
   * files have none.
   */
  private static final long MAX_GAP_BYTES = 1L << 20;

  private final List<TensorFile> files;
  private final long portionBytes;
  private final List<Portion> portions = new ArrayList<>();
  private final List<TensorSpec> tensors = new ArrayList<>();
  private final List<RowRange> open = new ArrayList<>();
  private int file;

  private PortionLayout(List<TensorFile> files, long portionBytes) {
    this.files = List.copyOf(files);
    this.portionBytes = portionBytes;
  }

  /** Divides files into portions of the usual size. */
  public static PortionLayout of(List<TensorFile> files, Map<String, TensorPlan> plans) {
    return of(files, plans, PORTION_BYTES);
  }

  static PortionLayout of(
      List<TensorFile> files, Map<String, TensorPlan> plans, long portionBytes) {
    PortionLayout layout = new PortionLayout(files, portionBytes);
    for (int i = 0; i < files.size(); i++) {
      layout.file = i;
      for (PlacedTensor placed : files.get(i).tensors()) {
        layout.add(placed, Objects.requireNonNull(plans.get(placed.tensor().name())));
      }
      layout.closePortion();
    }
    return layout;
  }

  /** Returns the source files. */
  List<TensorFile> files() {
    return files;
  }

  /** Returns all portions, in the order in which they are written. */
  List<Portion> portions() {
    return List.copyOf(portions);
  }

  /** Returns the widened tensors, in the order in which they are written. */
  List<TensorSpec> tensors() {
    return List.copyOf(tensors);
  }

  /** Returns the size of all widened tensors in bytes. */
  public long bytes() {
    return tensors.stream().mapToLong(TensorSpec::bytes).sum();
  }

  /** Returns the memory of the largest portion in bytes. */
  public long largestPortion() {
    return portions.stream().mapToLong(Portion::memory).max().orElse(0);
  }

  private void add(PlacedTensor placed, TensorPlan plan) {
    TensorSpec tensor = placed.tensor();
    tensors.add(new TensorSpec(tensor.name(), tensor.dtype(), plan.newShape()));
    List<RowRange> ranges = ranges(plan, placed);
    long memory = tensor.bytes() + ranges.stream().mapToLong(RowRange::computedBytes).sum();
    if (memory > portionBytes) {
      closePortion();
      split(plan, placed);
    } else {
      if (!fits(placed.offset(), memory)) {
        closePortion();
      }
      open.addAll(ranges);
    }
  }

  /** Returns a tensor as one range, or as two if all its new rows are zero. */
  private static List<RowRange> ranges(TensorPlan plan, PlacedTensor placed) {
    TensorSpec tensor = placed.tensor();
    long computed = plan.widening().newRows() == NewEntries.ZERO ? plan.rows() : plan.wideRows();
    RowRange top = new RowRange(plan, tensor, 0, computed, placed.offset(), tensor.bytes());
    return computed == plan.wideRows() ? List.of(top) : List.of(top, zeros(plan, placed));
  }

  private static RowRange zeros(TensorPlan plan, PlacedTensor placed) {
    TensorSpec tensor = placed.tensor();
    long rows = plan.wideRows() - plan.rows();
    return new RowRange(plan, tensor, plan.rows(), rows, placed.offset() + tensor.bytes(), 0);
  }

  private boolean fits(long offset, long bytes) {
    if (open.isEmpty()) {
      return true;
    }
    RowRange last = open.getLast();
    long gap = offset - (last.sourceOffset() + last.sourceBytes());
    long filled =
        open.stream().mapToLong(range -> range.sourceBytes() + range.computedBytes()).sum();
    return gap >= 0 && gap <= MAX_GAP_BYTES && filled + gap + bytes <= portionBytes;
  }

  /**
   * Splits a tensor between rows, and at every multiple of the number of old rows, where copies
   * start again.
   */
  private void split(TensorPlan plan, PlacedTensor placed) {
    TensorSpec tensor = placed.tensor();
    long sourceRowBytes = tensor.bytes() / plan.rows();
    long rowBytes = tensors.getLast().bytes() / plan.wideRows();
    long maxRows = Math.max(1, portionBytes / (rowBytes + sourceRowBytes));
    boolean copied = plan.widening().newRows() == NewEntries.COPY;
    for (long row = 0; row < plan.wideRows(); ) {
      if (row >= plan.rows() && plan.widening().newRows() == NewEntries.ZERO) {
        open.add(zeros(plan, placed));
        closePortion();
        return;
      }
      long section = row / plan.rows();
      long end = Math.min(plan.wideRows(), (section + 1) * plan.rows());
      long rows = Math.min(maxRows, end - row);
      boolean hasSource = section == 0 || copied;
      open.add(
          new RowRange(
              plan,
              tensor,
              row,
              rows,
              placed.offset() + row % plan.rows() * sourceRowBytes,
              hasSource ? rows * sourceRowBytes : 0));
      closePortion();
      row += rows;
    }
  }

  private void closePortion() {
    if (open.isEmpty()) {
      return;
    }
    long from = open.getFirst().sourceOffset();
    long to = open.getLast().sourceOffset() + open.getLast().sourceBytes();
    portions.add(new Portion(file, open, from, to - from));
    open.clear();
  }
}
