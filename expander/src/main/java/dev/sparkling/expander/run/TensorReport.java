package dev.sparkling.expander.run;

import dev.sparkling.expander.plan.NewEntries;
import dev.sparkling.expander.plan.TensorPlan;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.List;

/**
 * What was done to one tensor.
 *
 * @param rms root mean square of its entries before
 * @param newRms of all its entries after
 */
public record TensorReport(
    String name,
    List<Long> shape,
    List<Long> newShape,
    NewEntries newEntries,
    double factor,
    double rms,
    double newRms) {

  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  static TensorReport of(TensorPlan plan, MemorySegment old, MemorySegment widened) {
    return new TensorReport(
        plan.name(),
        plan.shape(),
        plan.newShape(),
        plan.newEntries(),
        plan.factor(),
        rms(old),
        rms(widened));
  }

  private static double rms(MemorySegment values) {
    double sum = 0;
    for (long offset = 0; offset < values.byteSize(); offset += Float.BYTES) {
      double value = values.get(FLOAT, offset);
      sum += value * value;
    }
    return Math.sqrt(sum / (values.byteSize() / (double) Float.BYTES));
  }
}
