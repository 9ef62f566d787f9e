/** The training of one stage, and what shows its progress: the terminal and a pod's HTTP server. */
@NullMarked
package dev.sparkling.cli.train;

import org.jspecify.annotations.NullMarked;
