/**
 * Learning rates as pure functions of the step (paper Eq. 25-28): never state, so that a resumed
 * run cannot have another rate.
 */
@NullMarked
package dev.sparkling.trainer.schedule;

import org.jspecify.annotations.NullMarked;
