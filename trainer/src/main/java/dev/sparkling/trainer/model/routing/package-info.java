/** Routers of experts: load statistics of a step, and what their losses add to the gradients. */
@NullMarked
package dev.sparkling.trainer.model.routing;

import org.jspecify.annotations.NullMarked;
