/** Routers of experts: their statistics over a step, and their losses. */
@NullMarked
package dev.sparkling.trainer.model.routing;

import org.jspecify.annotations.NullMarked;
