/** The training of one stage, and its progress on a terminal and from a pod's HTTP server. */
@NullMarked
package dev.sparkling.cli.train;

import org.jspecify.annotations.NullMarked;
