/** {@code sparkling check}. */
@NullMarked
package dev.sparkling.worker.check;

import org.jspecify.annotations.NullMarked;
