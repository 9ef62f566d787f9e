/** Datasets: their preparation from text, and the datasets of a run. */
@NullMarked
package dev.sparkling.cli.data;

import org.jspecify.annotations.NullMarked;
