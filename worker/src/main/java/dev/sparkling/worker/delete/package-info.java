/** {@code sparkling delete}. */
@NullMarked
package dev.sparkling.worker.delete;

import org.jspecify.annotations.NullMarked;
