/**
 * The data, from text to batches: document sources, the tokenizer, Arrow shards, and the order of
 * the samples, which is a pure function of the seed.
 */
@NullMarked
package dev.sparkling.trainer.data;

import org.jspecify.annotations.NullMarked;
