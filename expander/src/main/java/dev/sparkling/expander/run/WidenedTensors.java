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
  private final BooleanSupplier stopRequested;
  private final Arena arena = Arena.ofConfined();
  private final MemorySegment buffer;

  /** Thrown instead of the next tensor: whoever writes them knows no other way to end early. */
  static final class Stopped extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Stopped() {
      super("asked to stop", null, false, false);
    }
  }

  WidenedTensors(
      ExpansionPlan plan, TensorSequence source, String location, BooleanSupplier stopRequested) {
    this.source = source;
    this.stopRequested = stopRequested;
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
    long bytes = plan.newShape().stream().reduce((long) Float.BYTES, (a, b) -> a * b);
    MemorySegment widened = buffer.asSlice(0, bytes);
    Widener.widen(plan, old, widened);
    reports.add(TensorReport.of(plan, old, widened));
    return widened;
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
