/**
 * The status of a {@code ProgressiveTraining}, as records; {@code stage} derives the phase, and the
 * operator fills in the rest.
 */
@NullMarked
package dev.sparkling.pipeline.status;

import org.jspecify.annotations.NullMarked;
