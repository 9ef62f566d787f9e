package dev.sparkling.expander.run;

import java.util.OptionalLong;
import java.util.function.BooleanSupplier;

/**
 * How an expansion is carried out; none of it changes what it writes but the seed.
 *
 * @param foreign whether the source may be a Hugging Face folder; a run's own has a manifest
 * @param seed of what is drawn; empty for the run's own
 * @param memoryBytes for what is read and widened; uploads need some {@code 80 MiB} more
 * @param stopRequested asked before every portion
 * @param progress told after every portion
 * @param tolerance how far {@code RMS(y)/RMS(x)} of a matrix may move, relative to what is expected
 */
public record ExpansionOptions(
    boolean foreign,
    OptionalLong seed,
    long memoryBytes,
    BooleanSupplier stopRequested,
    ExpansionProgress progress,
    double tolerance) {

  public static final long DEFAULT_MEMORY_BYTES = 512L << 20;

  public static final double DEFAULT_TOLERANCE = 0.05;

  public static final ExpansionOptions DEFAULT =
      new ExpansionOptions(
          false, OptionalLong.empty(), DEFAULT_MEMORY_BYTES, () -> false, ExpansionProgress.NONE);

  /** With the default tolerance. */
  public ExpansionOptions(
      boolean foreign,
      OptionalLong seed,
      long memoryBytes,
      BooleanSupplier stopRequested,
      ExpansionProgress progress) {
    this(foreign, seed, memoryBytes, stopRequested, progress, DEFAULT_TOLERANCE);
  }

  /** With who asks and who is told. */
  public ExpansionOptions with(BooleanSupplier stopRequested, ExpansionProgress progress) {
    return new ExpansionOptions(foreign, seed, memoryBytes, stopRequested, progress, tolerance);
  }

  public ExpansionOptions withTolerance(double newTolerance) {
    return new ExpansionOptions(foreign, seed, memoryBytes, stopRequested, progress, newTolerance);
  }
}
