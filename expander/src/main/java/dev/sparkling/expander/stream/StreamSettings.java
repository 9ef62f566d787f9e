package dev.sparkling.expander.stream;

import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;

/**
 * How a sequence of widened tensors is made.
 *
 * @param seed of what is drawn
 * @param memoryBytes for portions, at least {@link WidenedTensors#minimumMemory}
 * @param location of the checkpoint that is written, for messages
 * @param stopRequested polled before every portion
 * @param progress receives the new bytes of every portion
 */
public record StreamSettings(
    long seed,
    long memoryBytes,
    String location,
    BooleanSupplier stopRequested,
    LongConsumer progress) {}
