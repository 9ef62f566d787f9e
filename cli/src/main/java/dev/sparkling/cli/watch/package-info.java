/** Commands that show the runs of a cluster. */
@NullMarked
package dev.sparkling.cli.watch;

import org.jspecify.annotations.NullMarked;
