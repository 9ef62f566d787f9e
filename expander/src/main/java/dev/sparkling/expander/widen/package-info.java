/** Computes the values of widened tensors as planned, and decides nothing. */
@NullMarked
package dev.sparkling.expander.widen;

import org.jspecify.annotations.NullMarked;
