/**
 * A checkpoint as files: which ones, in which order, with which digests. Specified in
 * docs/checkpoint-format.md.
 */
@NullMarked
package dev.sparkling.checkpoint.format;

import org.jspecify.annotations.NullMarked;
