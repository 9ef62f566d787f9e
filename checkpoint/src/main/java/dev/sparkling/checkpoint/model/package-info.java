/**
 * Which tensors a model has, under Hugging Face's names, and what each of their axes is. Knows no
 * values.
 */
@NullMarked
package dev.sparkling.checkpoint.model;

import org.jspecify.annotations.NullMarked;
