/**
 * The {@code sparkling} command: the local adapter of the stage machine, the pods' entry points,
 * and the tools.
 */
@NullMarked
package dev.sparkling.cli;

import org.jspecify.annotations.NullMarked;
