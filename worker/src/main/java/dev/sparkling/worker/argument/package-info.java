/** Arguments that several commands take, and errors that name them. */
@NullMarked
package dev.sparkling.worker.argument;

import org.jspecify.annotations.NullMarked;
