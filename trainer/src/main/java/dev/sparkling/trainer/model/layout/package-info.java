/**
 * Which parameters a model has, and which Hugging Face tensors each of them holds. Knows shapes and
 * no values.
 */
@NullMarked
package dev.sparkling.trainer.model.layout;

import org.jspecify.annotations.NullMarked;
