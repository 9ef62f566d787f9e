/** The {@code sparkling} command; each subpackage has the commands of one subject. */
@NullMarked
package dev.sparkling.cli;

import org.jspecify.annotations.NullMarked;
