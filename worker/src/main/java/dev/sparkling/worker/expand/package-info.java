/** {@code sparkling expand}, and the expansion into a stage of a run. */
@NullMarked
package dev.sparkling.worker.expand;

import org.jspecify.annotations.NullMarked;
