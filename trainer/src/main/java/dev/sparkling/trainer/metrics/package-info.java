/** A stage's metrics for other programs: an Arrow table and TensorBoard's event files. */
@NullMarked
package dev.sparkling.trainer.metrics;

import org.jspecify.annotations.NullMarked;
