/**
 * Plans what an expansion does to each tensor: new shape, factor, source of new entries. Pure: no
 * values, no I/O. {@code widen} carries the plan out.
 */
@NullMarked
package dev.sparkling.expander.plan;

import org.jspecify.annotations.NullMarked;
