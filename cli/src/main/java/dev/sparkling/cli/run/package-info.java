/** Complete runs on this machine, and plans: the local adapter of the stage machine. */
@NullMarked
package dev.sparkling.cli.run;

import org.jspecify.annotations.NullMarked;
