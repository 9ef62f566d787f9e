/** Human-readable output: numbers, tables, progress lines. */
@NullMarked
package dev.sparkling.worker.text;

import org.jspecify.annotations.NullMarked;
