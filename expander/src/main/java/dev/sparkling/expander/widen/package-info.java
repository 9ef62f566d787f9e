/** Executes a plan on values. Makes no decisions. */
@NullMarked
package dev.sparkling.expander.widen;

import org.jspecify.annotations.NullMarked;
