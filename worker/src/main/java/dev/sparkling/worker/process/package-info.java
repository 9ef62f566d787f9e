/**
 * A command as a process: start, stop signal, exit code and result. {@code docs/jobs.md} is the
 * contract with the launcher.
 */
@NullMarked
package dev.sparkling.worker.process;

import org.jspecify.annotations.NullMarked;
