/**
 * The status of a {@code ProgressiveTraining}: what {@code kubectl get} and {@code describe} show.
 * Records only; {@code stage} derives phases, an adapter fills in the rest.
 */
@NullMarked
package dev.sparkling.pipeline.status;

import org.jspecify.annotations.NullMarked;
