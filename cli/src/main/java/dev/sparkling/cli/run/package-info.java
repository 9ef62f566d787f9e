/** A whole run on this machine, and its plan: the local adapter of the stage machine. */
@NullMarked
package dev.sparkling.cli.run;

import org.jspecify.annotations.NullMarked;
