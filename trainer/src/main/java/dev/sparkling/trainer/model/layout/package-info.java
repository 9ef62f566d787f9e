/**
 * The layout of a model's parameters: their shapes and the Hugging Face tensors that each of them
 * packs, without values.
 */
@NullMarked
package dev.sparkling.trainer.model.layout;

import org.jspecify.annotations.NullMarked;
