package dev.sparkling.expander.stream;

import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;

/**
 * Settings of a sequence of widened tensors.
 *
 * @param seed seed of random values
 * @param memoryBytes memory for portions, at least {@link WidenedTensors#minimumMemory}
 * @param location location of the new checkpoint, for messages
 * @param stopRequested polled before every portion
 * @param progress notified of the number of new bytes of every portion
 */
public record StreamSettings(
    long seed,
    long memoryBytes,
    String location,
    BooleanSupplier stopRequested,
    LongConsumer progress) {}
