/**
 * The model: its parameters, and the forward and backward passes, which match Hugging Face's Qwen3
 * and Qwen3-MoE. The backward passes are written out and not autograd's, so that gradients add up
 * in place, logits never stand whole, and nothing depends on the order in which threads finish.
 */
@NullMarked
package dev.sparkling.trainer.model;

import org.jspecify.annotations.NullMarked;
