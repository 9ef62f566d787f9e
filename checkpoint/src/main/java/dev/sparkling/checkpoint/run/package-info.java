/**
 * The objects that a run stores: its stages' checkpoints, its metrics, and the settings with which
 * the checkpoints were made.
 */
@NullMarked
package dev.sparkling.checkpoint.run;

import org.jspecify.annotations.NullMarked;
