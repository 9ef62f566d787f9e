/**
 * A command as a process: how it is started, asked to stop, and how it ends. {@code docs/jobs.md}
 * is the contract with its launcher.
 */
@NullMarked
package dev.sparkling.worker.process;

import org.jspecify.annotations.NullMarked;
