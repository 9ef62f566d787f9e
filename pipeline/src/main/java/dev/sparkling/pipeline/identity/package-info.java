/**
 * The parts of a spec that determine a run's results and so cannot change once they are used. Pure:
 * storing and comparing them is up to the checkpoint module.
 */
@NullMarked
package dev.sparkling.pipeline.identity;

import org.jspecify.annotations.NullMarked;
