/** A stage's metrics as other programs read them: an Arrow table and TensorBoard's event files. */
@NullMarked
package dev.sparkling.trainer.metrics;

import org.jspecify.annotations.NullMarked;
