/**
 * Encodes a stage's metrics for other programs, as an Arrow table and as TensorBoard's event files.
 */
@NullMarked
package dev.sparkling.trainer.metrics;

import org.jspecify.annotations.NullMarked;
