/** The training of one stage, from its starting point to its last checkpoint, and evaluation. */
@NullMarked
package dev.sparkling.trainer.run;

import org.jspecify.annotations.NullMarked;
