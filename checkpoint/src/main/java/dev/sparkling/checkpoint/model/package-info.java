/**
 * Models as lists of tensors, with Hugging Face's names and the meaning of each axis, without
 * values.
 */
@NullMarked
package dev.sparkling.checkpoint.model;

import org.jspecify.annotations.NullMarked;
