/**
 * Data from text to batches: document sources, tokenizer, Arrow shards, and the order of samples,
 * which is a pure function of seed and step.
 */
@NullMarked
package dev.sparkling.trainer.data;

import org.jspecify.annotations.NullMarked;
