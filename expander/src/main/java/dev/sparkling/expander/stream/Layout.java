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
 * Cuts files into portions. Small tensors that lie side by side share a portion, because a
 * checkpoint has thousands of experts of a MiB each; large ones are cut between rows. The cut
 * depends on nothing but the files and the plan, so that sums over a portion are the same bits
 * whenever the same expansion is run.
 */
public final class Layout {

  /** Old and new bytes of a portion, unless one row is larger. */
  static final long PORTION_BYTES = 16L << 20;

  /** Bytes between two tensors that are read along; our own files have none. */
  private static final long LARGEST_GAP = 1L << 20;

  private final long portionBytes;
  private final List<Portion> portions = new ArrayList<>();
  private final List<TensorSpec> tensors = new ArrayList<>();
  private final List<Piece> open = new ArrayList<>();
  private int file;

  private Layout(long portionBytes) {
    this.portionBytes = portionBytes;
  }

  /** Lays out files of one kind. */
  public static Layout of(List<TensorFile> files, Map<String, TensorPlan> plans) {
    return of(files, plans, PORTION_BYTES);
  }

  static Layout of(List<TensorFile> files, Map<String, TensorPlan> plans, long portionBytes) {
    Layout layout = new Layout(portionBytes);
    for (int i = 0; i < files.size(); i++) {
      layout.file = i;
      for (PlacedTensor placed : files.get(i).tensors()) {
        layout.add(placed, Objects.requireNonNull(plans.get(placed.tensor().name())));
      }
      layout.close();
    }
    return layout;
  }

  /** In the order of what is written. */
  List<Portion> portions() {
    return List.copyOf(portions);
  }

  /** The new tensors, in the order of what is written. */
  List<TensorSpec> tensors() {
    return List.copyOf(tensors);
  }

  /** Of all new tensors. */
  public long bytes() {
    return tensors.stream().mapToLong(TensorSpec::bytes).sum();
  }

  /** What the largest portion needs. */
  public long largestPortion() {
    return portions.stream().mapToLong(Portion::memory).max().orElse(0);
  }

  private void add(PlacedTensor placed, TensorPlan plan) {
    TensorSpec tensor = placed.tensor();
    tensors.add(new TensorSpec(tensor.name(), tensor.dtype(), plan.newShape()));
    List<Piece> whole = whole(plan, placed);
    long memory = tensor.bytes() + whole.stream().mapToLong(Piece::madeBytes).sum();
    if (memory > portionBytes) {
      close();
      cut(plan, placed);
    } else {
      if (!fits(placed.offset(), memory)) {
        close();
      }
      open.addAll(whole);
    }
  }

  /** A tensor in one piece, or in two where all of its new rows are zero. */
  private static List<Piece> whole(TensorPlan plan, PlacedTensor placed) {
    TensorSpec tensor = placed.tensor();
    long made = plan.widening().newRows() == NewEntries.ZERO ? plan.rows() : plan.grownRows();
    Piece top = new Piece(plan, tensor, 0, made, placed.offset(), tensor.bytes());
    return made == plan.grownRows() ? List.of(top) : List.of(top, zeros(plan, placed));
  }

  private static Piece zeros(TensorPlan plan, PlacedTensor placed) {
    TensorSpec tensor = placed.tensor();
    long rows = plan.grownRows() - plan.rows();
    return new Piece(plan, tensor, plan.rows(), rows, placed.offset() + tensor.bytes(), 0);
  }

  private boolean fits(long offset, long bytes) {
    if (open.isEmpty()) {
      return true;
    }
    Piece last = open.getLast();
    long gap = offset - (last.sourceOffset() + last.sourceBytes());
    long filled = open.stream().mapToLong(piece -> piece.sourceBytes() + piece.madeBytes()).sum();
    return gap >= 0 && gap <= LARGEST_GAP && filled + gap + bytes <= portionBytes;
  }

  /** Between rows, and at every multiple of the old rows, where their copies begin anew. */
  private void cut(TensorPlan plan, PlacedTensor placed) {
    TensorSpec tensor = placed.tensor();
    long sourceRowBytes = tensor.bytes() / plan.rows();
    long rowBytes = tensors.getLast().bytes() / plan.grownRows();
    long rowsAtOnce = Math.max(1, portionBytes / (rowBytes + sourceRowBytes));
    boolean copied = plan.widening().newRows() == NewEntries.COPY;
    for (long row = 0; row < plan.grownRows(); ) {
      if (row >= plan.rows() && plan.widening().newRows() == NewEntries.ZERO) {
        open.add(zeros(plan, placed));
        close();
        return;
      }
      long section = row / plan.rows();
      long end = Math.min(plan.grownRows(), (section + 1) * plan.rows());
      long rows = Math.min(rowsAtOnce, end - row);
      boolean hasSource = section == 0 || copied;
      open.add(
          new Piece(
              plan,
              tensor,
              row,
              rows,
              placed.offset() + row % plan.rows() * sourceRowBytes,
              hasSource ? rows * sourceRowBytes : 0));
      close();
      row += rows;
    }
  }

  private void close() {
    if (open.isEmpty()) {
      return;
    }
    long from = open.getFirst().sourceOffset();
    long to = open.getLast().sourceOffset() + open.getLast().sourceBytes();
    portions.add(new Portion(file, open, from, to - from));
    open.clear();
  }
}
