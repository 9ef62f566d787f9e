/**
 * A run that a command works on: read from a job document or a resource, locked, compared with what
 * is stored, and held to the settings that it was started with.
 */
@NullMarked
package dev.sparkling.worker.run;

import org.jspecify.annotations.NullMarked;
