/**
 * What an expansion does to each tensor: new shape, factor, where new entries come from. Pure: no
 * values, no I/O. {@code widen} carries it out.
 */
@NullMarked
package dev.sparkling.expander.plan;

import org.jspecify.annotations.NullMarked;
