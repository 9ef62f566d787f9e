/** One optimizer step: from the samples of a global batch to updated weights. */
@NullMarked
package dev.sparkling.trainer.step;

import org.jspecify.annotations.NullMarked;
