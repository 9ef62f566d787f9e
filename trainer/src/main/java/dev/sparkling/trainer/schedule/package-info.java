/**
 * Learning rates as pure functions of the step (paper Eq. 25-28), without state that a resumed run
 * could lose.
 */
@NullMarked
package dev.sparkling.trainer.schedule;

import org.jspecify.annotations.NullMarked;
