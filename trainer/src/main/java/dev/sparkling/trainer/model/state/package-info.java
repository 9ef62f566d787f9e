/**
 * The values of a model's parameters and optimizer state: initialization, loading and saving,
 * copies between devices, and rounding for computation.
 */
@NullMarked
package dev.sparkling.trainer.model.state;

import org.jspecify.annotations.NullMarked;
