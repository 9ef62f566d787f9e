/** Arguments that several commands share, and errors that name them. */
@NullMarked
package dev.sparkling.worker.argument;

import org.jspecify.annotations.NullMarked;
