/** Commands that use one checkpoint: evaluate, generate, export. */
@NullMarked
package dev.sparkling.cli.model;

import org.jspecify.annotations.NullMarked;
