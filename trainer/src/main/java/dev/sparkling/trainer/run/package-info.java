/** One stage's training, from restore to stop, and evaluation. */
@NullMarked
package dev.sparkling.trainer.run;

import org.jspecify.annotations.NullMarked;
