package dev.sparkling.expander.run;

import java.util.OptionalLong;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;

/**
 * How an expansion is carried out. Only the seed affects what it writes.
 *
 * @param allowHuggingFace whether the source may be a Hugging Face folder, which has no manifest
 * @param seed of what is drawn; empty for the training run's
 * @param memoryBytes for what is read and widened; uploads need about 80 MiB more
 * @param stopRequested polled before every portion of tensors
 * @param progress notified after every portion of tensors
 * @param nameOf from a parameter ({@code hiddenSize}, {@code innerSize}, {@code memory}) to what
 *     the user knows it by, for messages
 */
public record ExpansionOptions(
    boolean allowHuggingFace,
    OptionalLong seed,
    long memoryBytes,
    BooleanSupplier stopRequested,
    ExpansionProgress progress,
    UnaryOperator<String> nameOf) {

  public static final long DEFAULT_MEMORY_BYTES = 512L << 20;

  public static final ExpansionOptions DEFAULT =
      new ExpansionOptions(
          false,
          OptionalLong.empty(),
          DEFAULT_MEMORY_BYTES,
          () -> false,
          ExpansionProgress.NONE,
          UnaryOperator.identity());

  /** Allows a Hugging Face folder as the source. */
  public ExpansionOptions allowingHuggingFace() {
    return new ExpansionOptions(true, seed, memoryBytes, stopRequested, progress, nameOf);
  }

  public ExpansionOptions withSeed(OptionalLong newSeed) {
    return new ExpansionOptions(
        allowHuggingFace, newSeed, memoryBytes, stopRequested, progress, nameOf);
  }

  public ExpansionOptions withMemory(long newMemoryBytes) {
    return new ExpansionOptions(
        allowHuggingFace, seed, newMemoryBytes, stopRequested, progress, nameOf);
  }

  public ExpansionOptions with(BooleanSupplier newStopRequested, ExpansionProgress newProgress) {
    return new ExpansionOptions(
        allowHuggingFace, seed, memoryBytes, newStopRequested, newProgress, nameOf);
  }

  public ExpansionOptions withNames(UnaryOperator<String> newNameOf) {
    return new ExpansionOptions(
        allowHuggingFace, seed, memoryBytes, stopRequested, progress, newNameOf);
  }
}
