/** The {@code sparkling} command; each package below holds the commands of one subject. */
@NullMarked
package dev.sparkling.cli;

import org.jspecify.annotations.NullMarked;
