/**
 * Models as lists of tensors, under Hugging Face's names, with the meaning of each axis. Knows no
 * values.
 */
@NullMarked
package dev.sparkling.checkpoint.model;

import org.jspecify.annotations.NullMarked;
