/**
 * The parts of a spec that determine a run's results and so cannot change once they are used. Pure:
 * the checkpoint module stores and compares them.
 */
@NullMarked
package dev.sparkling.pipeline.identity;

import org.jspecify.annotations.NullMarked;
