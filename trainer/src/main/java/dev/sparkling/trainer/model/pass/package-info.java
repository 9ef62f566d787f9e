/**
 * Forward and backward passes, which match Hugging Face's Qwen3 and Qwen3-MoE. The backward passes
 * are written by hand instead of using autograd, so that gradients accumulate in place, logits are
 * never materialized for a whole batch, and no sum depends on the order in which threads finish.
 */
@NullMarked
package dev.sparkling.trainer.model.pass;

import org.jspecify.annotations.NullMarked;
