/**
 * What a command needs to be a pod: its result in a file, its progress on a port, its run deleted.
 * {@code docs/jobs.md} is the contract with whoever launches it.
 */
@NullMarked
package dev.sparkling.cli.pod;

import org.jspecify.annotations.NullMarked;
