/**
 * The stage machine, which decides what a run does next: one pure function for the local run and
 * for the operator, without a client, clock or logger.
 */
@NullMarked
package dev.sparkling.pipeline.stage;

import org.jspecify.annotations.NullMarked;
