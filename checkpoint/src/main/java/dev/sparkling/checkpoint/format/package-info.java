/**
 * The files of a checkpoint, their order and their digests, as specified in
 * docs/checkpoint-format.md.
 */
@NullMarked
package dev.sparkling.checkpoint.format;

import org.jspecify.annotations.NullMarked;
