/**
 * Optimizers with a learning rate for each block of a tensor, and the guard that clips gradients
 * and skips updates.
 */
@NullMarked
package dev.sparkling.trainer.optim;

import org.jspecify.annotations.NullMarked;
