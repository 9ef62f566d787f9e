/**
 * The run that a command works on: read from a job document or a resource, locked, checked against
 * the stored checkpoints, and bound to the settings that it was started with.
 */
@NullMarked
package dev.sparkling.worker.run;

import org.jspecify.annotations.NullMarked;
