/**
 * Optimizers with a learning rate for each block of a tensor, and the guard that decides whether to
 * clip gradients and whether to skip an update.
 */
@NullMarked
package dev.sparkling.trainer.optim;

import org.jspecify.annotations.NullMarked;
