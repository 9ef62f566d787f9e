/**
 * The training of one stage, and its progress: on a terminal, and from the HTTP server of a pod.
 */
@NullMarked
package dev.sparkling.cli.train;

import org.jspecify.annotations.NullMarked;
