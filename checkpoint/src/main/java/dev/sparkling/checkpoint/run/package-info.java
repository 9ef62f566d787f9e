/**
 * What a run stores: its stages' checkpoints, its metrics, and the settings that the checkpoints
 * were made with.
 */
@NullMarked
package dev.sparkling.checkpoint.run;

import org.jspecify.annotations.NullMarked;
