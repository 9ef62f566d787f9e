/** Random values that depend on seed, tensor and row, never on threads, order or machine. */
@NullMarked
package dev.sparkling.checkpoint.random;

import org.jspecify.annotations.NullMarked;
