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
 */
public record ExpansionOptions(
    boolean foreign,
    OptionalLong seed,
    long memoryBytes,
    BooleanSupplier stopRequested,
    ExpansionProgress progress) {

  public static final long DEFAULT_MEMORY_BYTES = 512L << 20;

  public static final ExpansionOptions DEFAULT =
      new ExpansionOptions(
          false, OptionalLong.empty(), DEFAULT_MEMORY_BYTES, () -> false, ExpansionProgress.NONE);

  /** With who asks and who is told. */
  public ExpansionOptions with(BooleanSupplier stopRequested, ExpansionProgress progress) {
    return new ExpansionOptions(foreign, seed, memoryBytes, stopRequested, progress);
  }
}
