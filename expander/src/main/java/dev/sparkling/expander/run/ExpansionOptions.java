package dev.sparkling.expander.run;

import java.util.OptionalLong;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;

/**
 * Options for running an expansion. Only the seed affects its result.
 *
 * @param allowHuggingFace whether the source may be a Hugging Face folder, which has no manifest
 * @param seed seed of random values; empty for that of the training run
 * @param memoryBytes memory for reading and widening; uploads to S3 need about 80 MiB more per file
 * @param stopRequested polled before every portion of tensors
 * @param progress notified after every portion of tensors
 * @param nameOf maps a parameter ({@code hiddenSize}, {@code innerSize}, {@code memory}) to its
 *     name for the user, for messages
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
