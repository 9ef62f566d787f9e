/**
 * Plans the expansion of each tensor: new shape, factor, source of new entries. Pure: reads no
 * values, does no I/O. {@code widen} executes the plan.
 */
@NullMarked
package dev.sparkling.expander.plan;

import org.jspecify.annotations.NullMarked;
