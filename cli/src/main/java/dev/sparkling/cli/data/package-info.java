/** Datasets: prepared from text, opened for a run. */
@NullMarked
package dev.sparkling.cli.data;

import org.jspecify.annotations.NullMarked;
