/**
 * The optimizer, with a learning rate for each block of a tensor and with moments that can be
 * saved.
 */
@NullMarked
package dev.sparkling.trainer.optim;

import org.jspecify.annotations.NullMarked;
