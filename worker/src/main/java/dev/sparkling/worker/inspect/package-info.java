/** {@code sparkling inspect}. */
@NullMarked
package dev.sparkling.worker.inspect;

import org.jspecify.annotations.NullMarked;
