/** Carries a plan out on values. Makes no decisions. */
@NullMarked
package dev.sparkling.expander.widen;

import org.jspecify.annotations.NullMarked;
