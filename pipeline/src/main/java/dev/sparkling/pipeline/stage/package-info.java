/**
 * The stage machine: from what is observed of a run to what must happen next. One pure function,
 * used by the local run and by the operator; it knows no client, clock or logger.
 */
@NullMarked
package dev.sparkling.pipeline.stage;

import org.jspecify.annotations.NullMarked;
