package dev.sparkling.pipeline.status;

import org.jspecify.annotations.Nullable;

/**
 * What an expansion did.
 *
 * @param rmsBefore root mean square of the last hidden state on the probe batch, narrow model
 * @param rmsAfter the same of the wide model
 * @param lossBefore validation loss of the narrow model's last step
 * @param lossAfter validation loss of the wide model before its first step
 */
public record ExpansionStatus(
    @Nullable Double rmsBefore,
    @Nullable Double rmsAfter,
    @Nullable Double lossBefore,
    @Nullable Double lossAfter,
    @Nullable Double seconds,
    @Nullable Long bytes) {}
