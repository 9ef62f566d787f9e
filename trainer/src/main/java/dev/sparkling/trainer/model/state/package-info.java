/**
 * The values of a model's parameters and of its optimizer's state: initialized, loaded from a
 * checkpoint, read for one, copied between devices, and rounded for computation.
 */
@NullMarked
package dev.sparkling.trainer.model.state;

import org.jspecify.annotations.NullMarked;
