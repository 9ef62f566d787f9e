package dev.sparkling.expander.run;

import dev.sparkling.checkpoint.format.TensorSequence;
import dev.sparkling.checkpoint.safetensors.DType;
import dev.sparkling.checkpoint.safetensors.TensorSpec;
import dev.sparkling.expander.plan.ExpansionPlan;
import dev.sparkling.expander.plan.TensorPlan;
import dev.sparkling.expander.widen.Widener;
import dev.sparkling.pipeline.error.UserError;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.function.BooleanSupplier;

/** The source's tensors, each widened as it is asked for: one tensor at a time is in memory. */
final class WidenedTensors implements TensorSequence {

  private final TensorSequence source;
  private final List<TensorPlan> plans = new ArrayList<>();
  private final List<TensorSpec> tensors = new ArrayList<>();
  private final List<TensorReport> reports = new ArrayList<>();
  private final Iterator<TensorPlan> next;
  private final String location;
  private final BooleanSupplier stopRequested;
  private final ExpansionProgress progress;
  private final long allBytes;
  private long bytes;
  private final Arena arena = Arena.ofConfined();
  private final MemorySegment buffer;

  /** Thrown instead of the next tensor: whoever writes them knows no other way to end early. */
  static final class Stopped extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Stopped() {
      super("asked to stop", null, false, false);
    }
  }

  /**
   * Prepares to widen.
   *
   * @param bytes of the tensors that were widened before these
   */
  WidenedTensors(
      ExpansionPlan plan,
      TensorSequence source,
      String location,
      long bytes,
      BooleanSupplier stopRequested,
      ExpansionProgress progress) {
    this.source = source;
    this.location = location;
    this.bytes = bytes;
    this.stopRequested = stopRequested;
    this.progress = progress;
    this.allBytes =
        plan.tensors().values().stream().mapToLong(tensor -> bytes(tensor.newShape())).sum();
    for (TensorSpec tensor : source.tensors()) {
      if (tensor.dtype() != DType.F32) {
        throw new UserError(
            location
                + ": "
                + tensor.name()
                + " is "
                + tensor.dtype()
                + "; this version widens F32 only");
      }
      TensorPlan tensorPlan = Objects.requireNonNull(plan.tensors().get(tensor.name()));
      plans.add(tensorPlan);
      tensors.add(new TensorSpec(tensor.name(), tensor.dtype(), tensorPlan.newShape()));
    }
    this.next = plans.iterator();
    this.buffer = arena.allocate(tensors.stream().mapToLong(TensorSpec::bytes).max().orElse(0));
  }

  @Override
  public List<TensorSpec> tensors() {
    return List.copyOf(tensors);
  }

  @Override
  public MemorySegment next() {
    if (stopRequested.getAsBoolean()) {
      throw new Stopped();
    }
    TensorPlan plan = next.next();
    MemorySegment old = source.next();
    MemorySegment widened = buffer.asSlice(0, bytes(plan.newShape()));
    Widener.widen(plan, old, widened);
    TensorReport report = TensorReport.of(plan, old, widened);
    if (!Double.isFinite(report.newRms())) {
      throw new UserError(
          location
              + ": "
              + plan.name()
              + " holds values that are not finite; a model that diverged cannot be widened, so"
              + " train it with a lower rate");
    }
    reports.add(report);
    bytes += widened.byteSize();
    progress.widened(bytes, allBytes);
    return widened;
  }

  /** Of all tensors so far. */
  long bytes() {
    return bytes;
  }

  private static long bytes(List<Long> shape) {
    return shape.stream().reduce((long) Float.BYTES, Math::multiplyExact);
  }

  /** One for each tensor that was asked for. */
  List<TensorReport> reports() {
    return List.copyOf(reports);
  }

  @Override
  public void close() {
    arena.close();
    source.close();
  }
}
