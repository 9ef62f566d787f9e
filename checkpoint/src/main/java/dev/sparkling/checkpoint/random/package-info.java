/** Random values that depend on what they are for, never on threads, order or machine. */
@NullMarked
package dev.sparkling.checkpoint.random;

import org.jspecify.annotations.NullMarked;
