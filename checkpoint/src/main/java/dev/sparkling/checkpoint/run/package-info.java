/**
 * What a run keeps beside its checkpoints, and which stored objects belong to it: metrics, and the
 * settings that its checkpoints were made with.
 */
@NullMarked
package dev.sparkling.checkpoint.run;

import org.jspecify.annotations.NullMarked;
