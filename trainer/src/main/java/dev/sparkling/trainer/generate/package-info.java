/** Continues texts, to look at a model: which token comes next, and when to stop. */
@NullMarked
package dev.sparkling.trainer.generate;

import org.jspecify.annotations.NullMarked;
