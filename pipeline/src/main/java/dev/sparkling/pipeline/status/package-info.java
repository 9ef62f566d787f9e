/**
 * The status of a {@code ProgressiveTraining}, as records; {@code stage} derives the phase, and an
 * adapter fills in the rest.
 */
@NullMarked
package dev.sparkling.pipeline.status;

import org.jspecify.annotations.NullMarked;
